import type { HistoryReturns } from '@millrace/client';
import { useQuery } from '@tanstack/react-query';
import { useSession } from '../session/session.js';
import { useLiveInterval } from './live-updates.js';
import { DEPTHS_INTERVAL_MS, readHour } from './overview-calls.js';

/** What happened in one minute, or in a quarter of an hour. */
export type Interval = NonNullable<HistoryReturns['minutes']>[number];
export type Span = 'hour' | 'day';

/** The last hour of a queue by minutes, or its last day by quarters of an hour. */
export function useHistory(
  queue: string,
  span: Span,
  { enabled = true, intervalMs = DEPTHS_INTERVAL_MS } = {},
) {
  const { millrace } = useSession();
  return useQuery({
    queryKey: ['history', queue, span],
    enabled,
    queryFn: async ({ signal }): Promise<readonly Interval[]> => {
      if (span === 'hour') return readHour(millrace, queue, signal);
      return (await millrace.queue(queue).history({ signal, span })).quarterHours;
    },
    staleTime: intervalMs / 2,
    refetchInterval: useLiveInterval(intervalMs),
  });
}
