import type {
  MessagePage,
  Query,
  QueryKind,
  QueueCounts,
  ReadResult,
  SeenMessage,
} from '#server/core/store/store';
import { deadLettersOf } from './model-dead-letters.js';
import { storedMessage } from './model-delivery.js';
import { isBehindHead } from './model-fifo.js';
import {
  findQueue,
  type ModelMessage,
  type ModelQueue,
  type ModelState,
  rowOf,
} from './model-state.js';

type Answers = { [K in QueryKind]: (state: ModelState, query: Query<K>) => ReadResult[K] };

const ANSWERS: Answers = {
  getQueue(state, { project, queue }) {
    const found = findQueue(state, project, queue);
    return found === undefined ? null : rowOf(found);
  },

  listQueues(state, { project, after, prefix, limit, counts }) {
    const rows = state.queues
      .filter((queue) => queue.project === project)
      .filter(({ name }) => name.startsWith(prefix) && (after === null || name > after))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .slice(0, limit);
    return rows.map((queue) =>
      counts ? { queue: rowOf(queue), counts: countsOf(state, queue) } : rowOf(queue),
    );
  },

  queueIds(state, { limit }) {
    const byId = [...state.queues].sort((a, b) => a.id - b.id);
    const placeOf = ({ id, project }: (typeof byId)[number]) =>
      byId.filter((other) => other.project === project && other.id < id).length;
    return byId
      .sort((a, b) => placeOf(a) - placeOf(b) || a.id - b.id)
      .slice(0, limit)
      .map(({ id }) => id);
  },

  queueDepths: (state, { queueIds }) =>
    state.queues
      .filter(({ id }) => queueIds.includes(id))
      .map((row) => ({
        queueId: row.id,
        project: row.project,
        queue: row.name,
        counts: countsOf(state, row),
      })),

  stats(state, { project, queue }) {
    const row = findQueue(state, project, queue);
    return row === undefined ? null : countsOf(state, row);
  },

  peek(state, { project, queue, state: wanted, after, limit }) {
    const row = findQueue(state, project, queue);
    if (row === undefined) return null;
    const seen = (wanted === null ? PEEKED : [wanted]).flatMap((part) =>
      state.messages
        .filter((message) => message.queue === row && message.state === part)
        .sort((a, b) => ORDER[part](a, b) || (a.messageId < b.messageId ? -1 : 1)),
    );
    return pageOf(
      seen.map((message) => seenMessage(state, message)),
      after,
      limit,
    );
  },

  message(state, { project, queue, messageId }) {
    const row = findQueue(state, project, queue);
    const found = state.messages.find(
      (message) => message.queue === row && message.messageId === messageId,
    );
    return {
      queueExists: row !== undefined,
      message:
        found === undefined ? null : { ...seenMessage(state, found), failures: found.failed },
    };
  },

  deadLetters(state, { project, queue, after, limit }) {
    const row = findQueue(state, project, queue);
    if (row === undefined) return null;
    const letters = deadLettersOf(state, row).map((message) => ({
      ...storedMessage(message),
      keptIn: message.queue.name,
    }));
    return pageOf(letters, after, limit);
  },

  history: () => refuseStatistics(),
  recentMinutes: () => refuseStatistics(),

  pushSubscriptions: () => refusePush(),
  activePushSubscriptions: () => refusePush(),
  allPushSubscriptions: () => refusePush(),
  changedPushSubscriptions: () => refusePush(),
  pushAttempts: () => refusePush(),

  // Jobs are completed at once.
  unfinishedJobs: () => [],

  listKeys: (state, { after, limit }) =>
    state.keys
      .filter(({ keyId }) => after === null || keyId > after)
      .sort((a, b) => (a.keyId < b.keyId ? -1 : 1))
      .slice(0, limit)
      .map(({ secretHash: _hash, ...key }) => key),

  findKeys: (state, { secretHashes }) =>
    state.keys.filter((key) => secretHashes.includes(key.secretHash)),

  audit: () => [],
  ping: () => true,
};

function refuseStatistics(): never {
  throw new Error('statistics are not part of the model');
}

function refusePush(): never {
  throw new Error('push is not part of the model');
}

const PEEKED = ['available', 'leased', 'delayed'] as const;

const byDue = (a: ModelMessage, b: ModelMessage): number =>
  (a.dueAtMs as number) - (b.dueAtMs as number);
const ORDER = {
  available: (a: ModelMessage, b: ModelMessage) => b.rank - a.rank || a.place - b.place,
  leased: byDue,
  delayed: byDue,
};

const seenMessage = (state: ModelState, message: ModelMessage): SeenMessage => ({
  ...storedMessage(message),
  state: message.state,
  dueAtMs: message.dueAtMs,
  behindHead: isBehindHead(state, message),
  failures: [],
});

/** A cursor here is the number of earlier items; pages have no limit in bytes. */
function pageOf<T>(all: readonly T[], after: string | null, limit: number): MessagePage<T> {
  const start = Number(after ?? 0);
  const end = start + limit;
  return { items: all.slice(start, end), next: end < all.length ? String(end) : null };
}

export function answerQuery<K extends QueryKind>(state: ModelState, query: Query<K>) {
  const answer = ANSWERS[query.kind] as Answers[K];
  return structuredClone(answer(state, query));
}

function countsOf(state: ModelState, queue: ModelQueue): QueueCounts {
  const here = state.messages.filter((message) => message.queue === queue);
  const count = (wanted: string): number => here.filter((m) => m.state === wanted).length;
  const live = here.filter((m) => m.state === 'available' || m.state === 'leased');
  return {
    available: count('available'),
    inFlight: count('leased'),
    delayed: count('delayed'),
    // Its dead letters, wherever they are kept.
    dlq: state.messages.filter((message) => message.source === queue).length,
    oldestAtMs:
      live.length === 0 ? null : Math.min(...live.map((message) => message.firstAvailableAtMs)),
    // No command of the model's tests records consumers.
    consumers: {
      waitingElsewhere: 0,
      lastFetchAtMs: null,
      lastFetchKeyId: null,
      queueCreatedAtMs: queue.createdAtMs,
    },
  };
}
