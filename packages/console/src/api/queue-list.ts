import type { Millrace } from '@millrace/client';
import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { useSession } from '../session/session.js';
import { useLiveInterval } from './live-updates.js';
import type { WatchedQueue } from './watched-queue.js';

export interface QueueList {
  readonly queues: readonly WatchedQueue[];
  /** False while the first reading is still under way. */
  readonly isComplete: boolean;
}

export const QUEUE_LIST_KEY = ['queues'];
const PAGE_QUEUES = 1_000;
/** The first page is short, so that something is there at once. */
const FIRST_PAGE_QUEUES = 100;
const SHORTEST_INTERVAL_MS = 5_000;
/** A server takes 0.03 ms to read a queue, of which a console that is open may take 0.25 %. */
const INTERVAL_PER_QUEUE_MS = 12;
/** Trouble in a queue that nobody looks at must show up at last. */
const LONGEST_INTERVAL_MS = 120_000;

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

function intervalMs(list: QueueList | undefined): number {
  const wantedMs = (list?.queues.length ?? 0) * INTERVAL_PER_QUEUE_MS;
  return Math.min(LONGEST_INTERVAL_MS, Math.max(SHORTEST_INTERVAL_MS, wantedMs));
}

/** Whether the list is so short that it is read every few seconds. */
export const isReadOften = (list: QueueList | undefined): boolean =>
  intervalMs(list) === SHORTEST_INTERVAL_MS;

async function readAll(
  millrace: Millrace,
  client: QueryClient,
  signal: AbortSignal,
): Promise<QueueList> {
  const isFirst = client.getQueryData(QUEUE_LIST_KEY) === undefined;
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
      client.setQueryData<QueueList>(QUEUE_LIST_KEY, {
        queues: [...queues],
        isComplete: false,
      });
    }
  } while (cursor !== undefined);
  return { queues, isComplete: true };
}
