import type { QueueStats } from '@millrace/client';
import type { WatchedQueue } from '../api/watched-queue.js';

/** Queues as tests read them. */

export const NOW = Date.parse('2026-01-05T08:30:00.000Z');
export const ago = (seconds: number): string => new Date(NOW - 1_000 * seconds).toISOString();

export const queue = (
  stats: Partial<QueueStats>,
  activity: Partial<WatchedQueue['activity']> = {},
): WatchedQueue => ({
  queue: 'orders',
  type: 'standard',
  maxRetries: 3,
  maxExpiredLeases: 3,
  visibilityTimeoutDefault: 30,
  messageRetentionDays: 7,
  enablePriority: false,
  createdAt: ago(3_600),
  updatedAt: ago(3_600),
  stats: {
    queue: 'orders',
    available: 0,
    inFlight: 0,
    delayed: 0,
    dlq: 0,
    waitingConsumers: 0,
    ...stats,
  },
  activity: { published: 0, delivered: 0, acked: 0, failed: 0, deadLettered: 0, ...activity },
});
