import { useDebouncedValue } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useSession } from '../session/session.js';
import { useLiveInterval } from './live-updates.js';
import { isReadOften, QUEUE_LIST_KEY, type QueueList } from './queue-list.js';

const INTERVAL_MS = 10_000;
/** While somebody scrolls, nothing is asked for. */
const SCROLL_PAUSE_MS = 300;

/**
 * Keeps the counts of visible queues fresh. A long list is read so seldom that they would be old; a short
 * one needs no more calls.
 */
export function useVisibleStats(visible: readonly string[]): void {
  const { millrace } = useSession();
  const client = useQueryClient();
  const [names] = useDebouncedValue(visible.join(' '), SCROLL_PAUSE_MS);
  const isLong = !isReadOften(client.getQueryData<QueueList>(QUEUE_LIST_KEY));
  useQuery({
    queryKey: ['visible-stats', names],
    enabled: isLong && names !== '',
    queryFn: async ({ signal }) => {
      const calls = names.split(' ').map((name) => millrace.queue(name).stats({ signal }));
      const answers = await Promise.allSettled(calls);
      const fresh = new Map(
        answers.flatMap((one) =>
          one.status === 'fulfilled' ? [[one.value.queue, one.value] as const] : [],
        ),
      );
      client.setQueryData<QueueList>(QUEUE_LIST_KEY, (list) => {
        if (list === undefined) return undefined;
        const queues = list.queues.map((queue) => {
          const stats = fresh.get(queue.queue);
          return stats === undefined ? queue : { ...queue, stats };
        });
        return { ...list, queues };
      });
      return fresh.size;
    },
    refetchInterval: useLiveInterval(INTERVAL_MS),
    gcTime: 0,
  });
}
