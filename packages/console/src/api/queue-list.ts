import type { Millrace } from '@millrace/client';
import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { useSession } from '../session/session.js';
import { useLiveInterval } from './live-updates.js';
import type { WatchedQueue } from './watched-queue.js';

export interface QueueList {
  readonly queues: readonly WatchedQueue[];
  /** False while the first reading is still under way. */
  readonly isComplete: boolean;
  /** How long the server took for all pages. */
  readonly readingMs: number;
}

export const QUEUE_LIST_KEY = ['queues'];
const PAGE_QUEUES = 1_000;
/** The first page is short, so that something is there at once. */
const FIRST_PAGE_QUEUES = 100;
const SHORTEST_INTERVAL_MS = 5_000;
/** One console may take one part in this many of the time of a server, and several may be open. */
const INTERVAL_PER_READING = 500;

/** All queues of the project, with their counts. Rows appear page by page. */
export function useQueueList() {
  const { millrace } = useSession();
  const client = useQueryClient();
  const isLive = useLiveInterval(SHORTEST_INTERVAL_MS) !== false;
  return useQuery<QueueList>({
    queryKey: QUEUE_LIST_KEY,
    queryFn: ({ signal }) => readAll(millrace, client, signal),
    refetchInterval: ({ state }) => isLive && intervalMs(state.data),
  });
}

const intervalMs = (list: QueueList | undefined): number =>
  Math.max(SHORTEST_INTERVAL_MS, (list?.readingMs ?? 0) * INTERVAL_PER_READING);

/** Whether the list is so short that it is read every few seconds. */
export const isReadOften = (list: QueueList | undefined): boolean =>
  intervalMs(list) === SHORTEST_INTERVAL_MS;

async function readAll(
  millrace: Millrace,
  client: QueryClient,
  signal: AbortSignal,
): Promise<QueueList> {
  const isFirst = client.getQueryData(QUEUE_LIST_KEY) === undefined;
  const startedAtMs = performance.now();
  const queues: WatchedQueue[] = [];
  let cursor: string | undefined;
  let limit = isFirst ? FIRST_PAGE_QUEUES : PAGE_QUEUES;
  do {
    const options = { include: 'stats,activity', limit, cursor, signal } as const;
    const page = await millrace.queues.list(options).page();
    queues.push(...(page.items as WatchedQueue[]));
    cursor = page.nextCursor;
    limit = PAGE_QUEUES;
    if (isFirst && cursor !== undefined) {
      const readingMs = performance.now() - startedAtMs;
      client.setQueryData<QueueList>(QUEUE_LIST_KEY, {
        queues: [...queues],
        isComplete: false,
        readingMs,
      });
    }
  } while (cursor !== undefined);
  return { queues, isComplete: true, readingMs: performance.now() - startedAtMs };
}
