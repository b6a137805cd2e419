import { useDebouncedValue } from '@mantine/hooks';
import type { QueueStats } from '@millrace/client';
import { skipToken, useQuery, useQueryClient } from '@tanstack/react-query';
import { useSession } from '../session/session.js';
import { useLiveInterval } from './live-updates.js';
import { readStatsOf, VISIBLE_INTERVAL_MS } from './overview-calls.js';
import type { WatchedQueue } from './watched-queue.js';

/** The counts of queues that were visible, by name, which may be newer than those of the list. */
export interface VisibleStats {
  readonly stats: ReadonlyMap<string, { readonly stats: QueueStats; readonly readAtMs: number }>;
  /** When some were last read. */
  readonly readAtMs: number;
}

/**
 * Apart from the list: whatever changes the list also puts off its next reading, so that it would never
 * be read again.
 */
const VISIBLE_KEY = ['visible-stats'];
/** While somebody scrolls, nothing is asked for. */
const SCROLL_PAUSE_MS = 300;

export const useVisibleStats = (): VisibleStats | undefined =>
  useQuery<VisibleStats>({ queryKey: VISIBLE_KEY, queryFn: skipToken }).data;

/**
 * Keeps the counts of these queues fresh.
 *
 * @param isWanted false where the list is read often enough, or for the first time
 */
export function useReadVisible(visible: readonly string[], isWanted: boolean): void {
  const { millrace } = useSession();
  const client = useQueryClient();
  const [names] = useDebouncedValue(visible.join(' '), SCROLL_PAUSE_MS);
  useQuery({
    queryKey: ['read-visible', names],
    enabled: isWanted && names !== '',
    queryFn: async ({ signal }) => {
      const answers = await readStatsOf(millrace, names.split(' '), signal);
      const readAtMs = Date.now();
      client.setQueryData<VisibleStats>(VISIBLE_KEY, (before) => ({
        readAtMs,
        stats: new Map([
          ...(before?.stats ?? []),
          ...answers.map((stats) => [stats.queue, { stats, readAtMs }] as const),
        ]),
      }));
      return answers.length;
    },
    refetchInterval: useLiveInterval(VISIBLE_INTERVAL_MS),
    gcTime: 0,
  });
}

/** The queues of a list that was read at this time, with newer counts where there are some. */
export function withStats(
  queues: readonly WatchedQueue[],
  listReadAtMs: number,
  visible: VisibleStats | undefined,
): readonly WatchedQueue[] {
  if (visible === undefined || visible.readAtMs <= listReadAtMs) return queues;
  return queues.map((queue) => {
    const newer = visible.stats.get(queue.queue);
    return newer === undefined || newer.readAtMs <= listReadAtMs
      ? queue
      : { ...queue, stats: newer.stats };
  });
}
