import type { WatchedQueue } from '../api/watched-queue.js';

/**
 * Whether the messages of a queue may all wait for retries of pushes that fail: some are delayed, nobody
 * waits for them, and none was acked lately. They may as well have been published with a delay; only
 * the receiver tells.
 */
export const waitsForRetries = ({
  stats,
  activity,
}: Partial<Pick<WatchedQueue, 'stats' | 'activity'>>): boolean =>
  stats !== undefined &&
  stats.delayed > 0 &&
  stats.waitingConsumers === 0 &&
  (activity?.acked ?? 0) === 0;
