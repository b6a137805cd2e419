import type { QueueRecord, QueueStats, UpdateParams } from '@millrace/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useSession } from '../session/session.js';
import { useLiveInterval } from './live-updates.js';

const STATS_INTERVAL_MS = 3_000;
const LAST_MINUTE_INTERVAL_MS = 5_000;

/** The settings of a queue. */
export function useQueueRecord(queue: string) {
  const { millrace } = useSession();
  return useQuery<QueueRecord>({
    queryKey: ['queue', queue],
    queryFn: ({ signal }) => millrace.queue(queue).get({ signal }),
    staleTime: 10_000,
  });
}

/** The counts of a queue, as they are now. */
export function useQueueStats(queue: string) {
  const { millrace } = useSession();
  return useQuery<QueueStats>({
    queryKey: ['stats', queue],
    queryFn: ({ signal }) => millrace.queue(queue).stats({ signal }),
    refetchInterval: useLiveInterval(STATS_INTERVAL_MS),
  });
}

/** What happened in the queue in the last minute, which only the list tells. */
export function useLastMinute(queue: string) {
  const { millrace } = useSession();
  return useQuery({
    queryKey: ['last-minute', queue],
    queryFn: async ({ signal }) => {
      const wanted = { prefix: queue, limit: 1, include: 'activity', signal } as const;
      const { items } = await millrace.queues.list(wanted).page();
      return items.find((listed) => listed.queue === queue)?.activity ?? null;
    },
    refetchInterval: useLiveInterval(LAST_MINUTE_INTERVAL_MS),
  });
}

export function useUpdateQueue(queue: string) {
  const { millrace } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (settings: UpdateParams) => millrace.queue(queue).update(settings),
    onSuccess: (record) => queries.setQueryData(['queue', queue], record),
  });
}

/** Reads again whatever a change of messages may have changed. */
export function useRefreshQueue(queue: string): () => void {
  const queries = useQueryClient();
  return () => {
    for (const kind of ['stats', 'messages', 'message', 'dead-letters']) {
      queries.invalidateQueries({ queryKey: [kind, queue] });
    }
    queries.invalidateQueries({ queryKey: ['queues'] });
  };
}
