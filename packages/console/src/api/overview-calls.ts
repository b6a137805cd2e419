import type { HistoryReturns, Millrace, QueueStats } from '@millrace/client';
import type { WatchedQueue } from './watched-queue.js';

/** What an open overview asks the server for, and how often. The bench makes the same calls. */

const PAGE_QUEUES = 1_000;
/** The first page is short, so that something is there at once. */
const FIRST_PAGE_QUEUES = 100;
const SHORTEST_LIST_INTERVAL_MS = 5_000;
/** A server takes 0.03 ms to read a queue, so that an open console takes an eighth of a percent of a core. */
const LIST_INTERVAL_PER_QUEUE_MS = 24;
/** Trouble in a queue that nobody looks at must show up at last. */
const LONGEST_LIST_INTERVAL_MS = 240_000;

/** The counts of the queues that are visible, where the list is read less often than this. */
export const VISIBLE_INTERVAL_MS = 15_000;
export const DEPTHS_INTERVAL_MS = 60_000;
export const READINESS_INTERVAL_MS = 15_000;

export interface QueuePage {
  readonly queues: readonly WatchedQueue[];
  readonly nextCursor: string | undefined;
}

/** A long list is read seldom, because every queue of it costs the server something. */
export const listIntervalMs = (queueCount: number): number =>
  Math.min(
    LONGEST_LIST_INTERVAL_MS,
    Math.max(SHORTEST_LIST_INTERVAL_MS, queueCount * LIST_INTERVAL_PER_QUEUE_MS),
  );

/** Whether a list is so short that it is read every few seconds. */
export const isReadOften = (queueCount: number): boolean =>
  listIntervalMs(queueCount) === SHORTEST_LIST_INTERVAL_MS;

export const readFirstQueues = (millrace: Millrace, signal?: AbortSignal): Promise<QueuePage> =>
  readPage(millrace, FIRST_PAGE_QUEUES, undefined, signal);

/**
 * Reads the queues after the first page, or all of them without one.
 *
 * @param onPage is told of all queues that were read so far, after each page but the last
 */
export async function readQueues(
  millrace: Millrace,
  first: QueuePage | undefined,
  onPage: (queues: readonly WatchedQueue[]) => void,
  signal?: AbortSignal,
): Promise<readonly WatchedQueue[]> {
  let page = first ?? (await readPage(millrace, PAGE_QUEUES, undefined, signal));
  let queues = page.queues;
  while (page.nextCursor !== undefined) {
    onPage(queues);
    page = await readPage(millrace, PAGE_QUEUES, page.nextCursor, signal);
    queues = [...queues, ...page.queues];
  }
  return queues;
}

async function readPage(
  millrace: Millrace,
  limit: number,
  cursor: string | undefined,
  signal: AbortSignal | undefined,
): Promise<QueuePage> {
  const options = { include: 'stats,activity', limit, cursor, signal } as const;
  const { items, nextCursor } = await millrace.queues.list(options).page();
  return { queues: items as WatchedQueue[], nextCursor };
}

/** The counts of some queues; one that was deleted in the meantime has none. */
export async function readStatsOf(
  millrace: Millrace,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<QueueStats[]> {
  const calls = names.map((name) => millrace.queue(name).stats({ signal }));
  const answers = await Promise.allSettled(calls);
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
}

/** The last hour of a queue, which its sparkline shows. */
export const readHour = async (
  millrace: Millrace,
  queue: string,
  signal?: AbortSignal,
): Promise<NonNullable<HistoryReturns['minutes']>> =>
  (await millrace.queue(queue).history({ span: 'hour', signal })).minutes;
