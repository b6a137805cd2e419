import { useQuery } from '@tanstack/react-query';
import { useLiveUpdates } from '../api/live-updates.js';
import type { WatchedQueue } from '../api/watched-queue.js';
import { useSession } from '../session/session.js';
import { readReceiverTrouble, receiverIntervalMs } from './receiver-trouble.js';
import type { Trouble } from './trouble.js';
import { waitsForRetries } from './waits-for-retries.js';

interface Judged extends Partial<Pick<WatchedQueue, 'stats' | 'activity'>> {
  readonly queue: string;
  readonly troubles: readonly Trouble[];
}

/**
 * The troubles of a queue, where a receiver of pushes that fails takes the place of missing consumers.
 * Only queues whose messages are not worked off are looked into, because that takes calls of its own,
 * and none as long as more must not be asked.
 */
export function useTroubles(judged: Judged, mayAskMore = true): readonly Trouble[] {
  const { millrace } = useSession();
  const { isLive } = useLiveUpdates();
  const { queue, troubles } = judged;
  const isSuspect = troubles.some(({ about }) => about === 'consumers') || waitsForRetries(judged);
  const { data: receiver } = useQuery({
    queryKey: ['receiver-trouble', queue],
    enabled: isSuspect && mayAskMore,
    queryFn: ({ signal }) => readReceiverTrouble(millrace, queue, signal),
    refetchInterval: ({ state }) => isLive && receiverIntervalMs(state.data ?? null),
  });
  if (!isSuspect || receiver == null) return troubles;
  return [receiver, ...troubles.filter(({ about }) => about !== 'consumers')];
}
