import type { MessageReturns, PeekParams, QueueMessage } from '@millrace/client';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useSession } from '../session/session.js';
import { useLiveInterval } from './live-updates.js';

export type MessageState = NonNullable<PeekParams['state']>;

const PAGE_MESSAGES = 100;
const INTERVAL_MS = 5_000;

/** Messages of a queue, without leasing them. The first page stays fresh; more pages are asked for. */
export function useMessages(queue: string, state: MessageState | undefined) {
  const { millrace } = useSession();
  const intervalMs = useLiveInterval(INTERVAL_MS);
  return useInfiniteQuery({
    queryKey: ['messages', queue, state ?? 'all'],
    queryFn: ({ pageParam, signal }) =>
      millrace.queue(queue).peek({ state, limit: PAGE_MESSAGES, cursor: pageParam, signal }).page(),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    // Somebody who reads further down should not have the list change underneath.
    refetchInterval: ({ state: { data } }) => (data?.pages.length ?? 0) <= 1 && intervalMs,
  });
}

/** The messages of all pages that were read. */
export const messagesOf = <T extends QueueMessage>(
  pages: readonly { readonly items: T[] }[] | undefined,
): T[] => pages?.flatMap(({ items }) => items) ?? [];

/** The JSON text of a payload, as it was published; the client of the session reads it so. */
export const payloadTextOf = ({ payload }: Pick<QueueMessage, 'payload'>): string =>
  String(payload);

/** One message with its failed deliveries. */
export function useMessage(queue: string, messageId: string) {
  const { millrace } = useSession();
  return useQuery<MessageReturns>({
    queryKey: ['message', queue, messageId],
    queryFn: ({ signal }) => millrace.queue(queue).message(messageId, { signal }),
    refetchInterval: useLiveInterval(INTERVAL_MS),
  });
}
