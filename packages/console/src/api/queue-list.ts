import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { type Session, useSession } from '../session/session.js';
import { useLiveUpdates } from './live-updates.js';
import { listIntervalMs, readFirstQueues, readQueues } from './overview-calls.js';
import { useVisibleStats, withStats } from './visible-stats.js';
import type { WatchedQueue } from './watched-queue.js';

export interface QueueList {
  readonly queues: readonly WatchedQueue[];
  /** False while the first reading is still under way. */
  readonly isComplete: boolean;
}

export const QUEUE_LIST_KEY = ['queues'];

/** All queues of the project, with their counts. Rows appear page by page. */
export function useQueueList() {
  const session = useSession();
  const client = useQueryClient();
  const { isLive } = useLiveUpdates();
  const list = useQuery<QueueList>({
    queryKey: QUEUE_LIST_KEY,
    queryFn: ({ signal }) => readAll(session, client, signal),
    refetchInterval: ({ state: { data } }) => isLive && listIntervalMs(data?.queues.length ?? 0),
  });
  const visible = useVisibleStats();
  const queues = useMemo(
    () => withStats(list.data?.queues ?? [], list.dataUpdatedAt, visible),
    [list.data, list.dataUpdatedAt, visible],
  );
  return { ...list, queues, visibleReadAtMs: visible?.readAtMs };
}

/**
 * Whether rows may ask for more about their queues. While the list is being read for the first time the
 * order of the rows still changes, and the calls would only hold up the list.
 */
export const useMayAskMore = (): boolean =>
  useQueryClient().getQueryData<QueueList>(QUEUE_LIST_KEY)?.isComplete ?? true;

async function readAll(
  { millrace, takeFirstQueues }: Session,
  client: QueryClient,
  signal: AbortSignal,
): Promise<QueueList> {
  const isFirst = client.getQueryData(QUEUE_LIST_KEY) === undefined;
  const show = (queues: readonly WatchedQueue[]): void => {
    if (isFirst) client.setQueryData<QueueList>(QUEUE_LIST_KEY, { queues, isComplete: false });
  };
  const first = isFirst
    ? await (takeFirstQueues() ?? readFirstQueues(millrace, signal))
    : undefined;
  return { queues: await readQueues(millrace, first, show, signal), isComplete: true };
}
