import type { HourHistory } from '@millrace/client';
import { useQuery } from '@tanstack/react-query';
import { useSession } from '../session/session.js';
import { useLiveInterval } from './live-updates.js';

export type Minute = HourHistory['minutes'][number];

const MINUTE_MS = 60_000;

/** The last hour of a queue, minute by minute. */
export function useLastHour(queue: string, intervalMs = MINUTE_MS) {
  const { millrace } = useSession();
  return useQuery({
    queryKey: ['history', queue, 'hour'],
    queryFn: async ({ signal }) => (await millrace.queue(queue).history({ signal })).minutes,
    staleTime: intervalMs / 2,
    refetchInterval: useLiveInterval(intervalMs),
  });
}
