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

const KEY = ['queues'];
const PAGE_QUEUES = 1_000;
/** The first page is short, so that something is there at once. */
const FIRST_PAGE_QUEUES = 100;
const SHORTEST_INTERVAL_MS = 5_000;
/** The share of its time that a server spends on one open console stays below one in this many. */
const INTERVAL_PER_READING = 100;

/** All queues of the project, with their counts. Rows appear page by page. */
export function useQueueList() {
  const { millrace } = useSession();
  const client = useQueryClient();
  const isLive = useLiveInterval(SHORTEST_INTERVAL_MS) !== false;
  return useQuery<QueueList>({
    queryKey: KEY,
    queryFn: ({ signal }) => readAll(millrace, client, signal),
    refetchInterval: ({ state }) => isLive && intervalMs(state.data),
  });
}

const intervalMs = (list: QueueList | undefined): number =>
  Math.max(SHORTEST_INTERVAL_MS, (list?.readingMs ?? 0) * INTERVAL_PER_READING);

async function readAll(
  millrace: Millrace,
  client: QueryClient,
  signal: AbortSignal,
): Promise<QueueList> {
  const isFirst = client.getQueryData(KEY) === undefined;
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
      client.setQueryData<QueueList>(KEY, { queues: [...queues], isComplete: false, readingMs });
    }
  } while (cursor !== undefined);
  return { queues, isComplete: true, readingMs: performance.now() - startedAtMs };
}
