import type { HistoryReturns } from '@millrace/client';
import { useQuery } from '@tanstack/react-query';
import { useSession } from '../session/session.js';
import { useLiveInterval } from './live-updates.js';

/** What happened in one minute, or in a quarter of an hour. */
export type Interval = NonNullable<HistoryReturns['minutes']>[number];
export type Span = 'hour' | 'day';

const MINUTE_MS = 60_000;

/** The last hour of a queue by minutes, or its last day by quarters of an hour. */
export function useHistory(queue: string, span: Span, intervalMs = MINUTE_MS) {
  const { millrace } = useSession();
  return useQuery({
    queryKey: ['history', queue, span],
    queryFn: async ({ signal }): Promise<readonly Interval[]> => {
      const calls = millrace.queue(queue);
      if (span === 'hour') return (await calls.history({ signal, span })).minutes;
      return (await calls.history({ signal, span })).quarterHours;
    },
    staleTime: intervalMs / 2,
    refetchInterval: useLiveInterval(intervalMs),
  });
}
