import type { ConsumerBook } from '../../core/consumers/consumer-book.js';
import { consumersOf, type QueueConsumers } from '../../core/store/queue-consumers.js';
import type { QueueDepth, Store } from '../../core/store/store.js';
import { familyText, type QueueFamily } from './queue-families.js';

const PAGE_SIZE = 500;
/**
 * The most queues on the page, since each adds seven lines. Of the projects that have the most queues,
 * the newest ones are left out.
 */
const QUEUES_MAX = 10_000;

export interface QueueSources {
  readonly store: Store;
  readonly consumers: ConsumerBook;
  readonly nodeId: string;
}

/** A queue at the time at which the page was requested. */
interface QueueRow extends QueueDepth {
  readonly consumers: QueueConsumers;
  readonly nowMs: number;
}

const secondsSince = (timeMs: number, nowMs: number): number => Math.max(0, nowMs - timeMs) / 1_000;

const FAMILIES: readonly QueueFamily<QueueRow>[] = [
  {
    name: 'millrace_queue_messages',
    type: 'gauge',
    help: 'Messages of a queue by state: available, in_flight, delayed, or dead for dead letters that came from it.',
    samples: ({ counts }) => [
      [',state="available"', counts.available],
      [',state="in_flight"', counts.inFlight],
      [',state="delayed"', counts.delayed],
      [',state="dead"', counts.dlq],
    ],
  },
  {
    name: 'millrace_queue_oldest_age_seconds',
    type: 'gauge',
    help: 'Age of the oldest message that is available or in flight; 0 if there is none.',
    samples: ({ counts: { oldestAtMs }, nowMs }) => [
      ['', oldestAtMs === null ? 0 : secondsSince(oldestAtMs, nowMs)],
    ],
  },
  {
    name: 'millrace_queue_waiting_consumers',
    type: 'gauge',
    help: 'Calls of consume that wait for a message, on all nodes.',
    samples: ({ consumers }) => [['', consumers.waiting]],
  },
  {
    name: 'millrace_queue_last_fetch_age_seconds',
    type: 'gauge',
    help: 'Time since a consume last looked for messages, on any node; absent if none ever did.',
    samples: ({ consumers: { lastFetchAtMs }, nowMs }) =>
      lastFetchAtMs === null ? [] : [['', secondsSince(lastFetchAtMs, nowMs)]],
  },
];

/**
 * What each queue contains and who consumes it, read from the store.
 *
 * @returns undefined if the store did not answer
 */
export async function queueMetrics(sources: QueueSources): Promise<string | undefined> {
  const depths = await readDepths(sources).catch(() => undefined);
  if (depths === undefined) return undefined;
  const nowMs = sources.store.clock.nowMs();
  const rows = depths.map((depth): QueueRow => {
    const own = sources.consumers.of(depth.project, depth.queue);
    return { ...depth, consumers: consumersOf(depth.counts.consumers, own), nowMs };
  });
  let text = '';
  for (const family of FAMILIES) text += await familyText(family, rows);
  return text;
}

async function readDepths({ store, nodeId }: QueueSources): Promise<QueueDepth[]> {
  const queueIds = await store.read({ kind: 'queueIds', limit: QUEUES_MAX });
  const depths: QueueDepth[] = [];
  for (let from = 0; from < queueIds.length; from += PAGE_SIZE) {
    const page = queueIds.slice(from, from + PAGE_SIZE);
    depths.push(...(await store.read({ kind: 'queueDepths', queueIds: page, nodeId })));
  }
  return depths;
}
