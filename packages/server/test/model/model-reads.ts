import type { QueueRow } from '#server/core/queue-settings';
import type { Query, QueryKind, QueueCounts, ReadResult } from '#server/core/store';
import { findQueue, type ModelState } from './model-state.js';

type Answers = { [K in QueryKind]: (state: ModelState, query: Query<K>) => ReadResult[K] };

const ANSWERS: Answers = {
  getQueue: (state, { project, queue }) => findQueue(state, project, queue) ?? null,

  listQueues(state, { project, after, prefix, limit, counts }) {
    const rows = state.queues
      .filter((queue) => queue.project === project)
      .filter(({ name }) => name.startsWith(prefix) && (after === null || name > after))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .slice(0, limit);
    return counts ? rows.map((queue) => ({ queue, counts: countsOf(state, queue) })) : rows;
  },

  stats(state, { project, queue }) {
    const row = findQueue(state, project, queue);
    return row === undefined ? null : countsOf(state, row);
  },

  listKeys: (state, { after, limit }) =>
    state.keys
      .filter(({ keyId }) => after === null || keyId > after)
      .sort((a, b) => (a.keyId < b.keyId ? -1 : 1))
      .slice(0, limit)
      .map(({ secretHash: _hash, ...key }) => key),

  findKey: (state, { secretHash }) =>
    state.keys.find((key) => key.secretHash === secretHash) ?? null,

  ping: () => true,
};

export function answerQuery<K extends QueryKind>(state: ModelState, query: Query<K>) {
  const answer = ANSWERS[query.kind] as Answers[K];
  return structuredClone(answer(state, query));
}

function countsOf(state: ModelState, queue: QueueRow): QueueCounts {
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
  };
}
