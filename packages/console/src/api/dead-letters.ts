import { useInfiniteQuery } from '@tanstack/react-query';
import { useSession } from '../session/session.js';
import { useLiveInterval } from './live-updates.js';

const PAGE_MESSAGES = 100;
const INTERVAL_MS = 5_000;

/** The dead letters that came from a queue, oldest first. */
export function useDeadLetters(queue: string) {
  const { millrace } = useSession();
  const intervalMs = useLiveInterval(INTERVAL_MS);
  return useInfiniteQuery({
    queryKey: ['dead-letters', queue],
    queryFn: ({ pageParam, signal }) =>
      millrace.queue(queue).dlq.list({ limit: PAGE_MESSAGES, cursor: pageParam, signal }).page(),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: ({ state: { data } }) => (data?.pages.length ?? 0) <= 1 && intervalMs,
  });
}
