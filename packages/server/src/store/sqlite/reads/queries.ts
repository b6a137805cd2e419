import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { publicRow } from '../../../core/queue/queue-settings.js';
import type {
  Query,
  QueryKind,
  QueueCounts,
  ReadResult,
  UnfinishedJob,
} from '../../../core/store/store.js';
import { KEY_COLUMNS, keyRow, QUEUE_COLUMNS, QUEUE_FROM, queueEntry } from '../driver/rows.js';
import type { Statements } from '../driver/statements.js';
import { readAudit } from './audit-rows.js';
import { readConsumers } from './consumers.js';
import { readHistory, readRecentMinutes } from './history.js';
import { deadLetters, message, peek } from './message-queries.js';
import {
  activeSubscriptions,
  allSubscriptions,
  pushAttempts,
  subscriptionsOf,
} from './push-rows.js';

type Handlers = {
  [K in QueryKind]: (statements: Statements, query: Query<K>, nowMs: number) => ReadResult[K];
};

const HANDLERS: Handlers = {
  getQueue(statements, { project, queue }) {
    const entry = findQueue(statements, project, queue);
    return entry === undefined ? null : publicRow(entry);
  },

  listQueues(statements, { project, after, prefix, limit, counts, nodeId }, nowMs) {
    // Names are ASCII, so every name with the prefix sorts below the prefix followed by U+FFFF.
    const rows = statements
      .get(
        `SELECT ${QUEUE_COLUMNS} FROM ${QUEUE_FROM}
          WHERE q.project = ? AND q.name > ? AND q.name >= ? AND q.name < ?
          ORDER BY q.name LIMIT ?`,
      )
      .all(project, after ?? '', prefix, `${prefix}\uffff`, limit)
      .map(queueEntry);
    return counts
      ? rows.map((entry) => ({
          queue: publicRow(entry),
          counts: countsOf(statements, entry, nowMs, nodeId),
        }))
      : rows.map(publicRow);
  },

  stats(statements, { project, queue, nodeId }, nowMs) {
    const entry = findQueue(statements, project, queue);
    return entry === undefined ? null : countsOf(statements, entry, nowMs, nodeId);
  },

  queueIds(statements, { limit }) {
    return statements
      .get(
        `SELECT id FROM (
           SELECT id, row_number() OVER (PARTITION BY project ORDER BY id) AS place FROM queues)
          ORDER BY place, id LIMIT ?`,
      )
      .pluck()
      .all(limit) as number[];
  },

  queueDepths(statements, { queueIds, nodeId }, nowMs) {
    return statements
      .get(
        `SELECT ${QUEUE_COLUMNS} FROM json_each(?) AS u CROSS JOIN ${QUEUE_FROM}
          WHERE q.id = u.value`,
      )
      .all(JSON.stringify(queueIds))
      .map(queueEntry)
      .map((entry) => ({
        queueId: entry.id,
        project: entry.project,
        queue: entry.name,
        counts: countsOf(statements, entry, nowMs, nodeId),
      }));
  },

  peek(statements, query) {
    const entry = findQueue(statements, query.project, query.queue);
    return entry === undefined ? null : peek(statements, entry, query);
  },

  message(statements, query) {
    const entry = findQueue(statements, query.project, query.queue);
    return entry === undefined
      ? { queueExists: false, message: null }
      : { queueExists: true, ...message(statements, entry, query) };
  },

  deadLetters(statements, query) {
    const entry = findQueue(statements, query.project, query.queue);
    return entry === undefined ? null : deadLetters(statements, entry, query);
  },

  history(statements, { project, queue, sinceMinute }) {
    const entry = findQueue(statements, project, queue);
    return entry === undefined ? null : readHistory(statements, entry.id, sinceMinute);
  },

  recentMinutes: (statements, { project, queues, sinceMinute }) =>
    readRecentMinutes(statements, project, queues, sinceMinute),

  pushSubscriptions(statements, { project, queue }) {
    const entry = findQueue(statements, project, queue);
    return entry === undefined ? null : subscriptionsOf(statements, entry.id);
  },

  activePushSubscriptions: (statements, { after, limit }) =>
    activeSubscriptions(statements, after, limit),

  allPushSubscriptions: (statements, { after, limit }) =>
    allSubscriptions(statements, after, limit),

  // No other node changes them.
  changedPushSubscriptions: () => [],

  pushAttempts: (statements, { subscriptionId, limit }) =>
    pushAttempts(statements, subscriptionId, limit),

  unfinishedJobs: (statements, { limit }) =>
    statements
      .get(
        `SELECT job_id AS jobId, at_ms || ' ' || at_seq AS position FROM dead_letter_jobs
          WHERE finished = 0 ORDER BY job_id LIMIT ?`,
      )
      .all(limit) as UnfinishedJob[],

  listKeys(statements, { after, limit }) {
    return statements
      .get(`SELECT ${KEY_COLUMNS} FROM api_keys WHERE key_id > ? ORDER BY key_id LIMIT ?`)
      .all(after ?? '', limit)
      .map((row) => {
        const { secretHash: _hash, ...key } = keyRow(row);
        return key;
      });
  },

  findKeys(statements, { secretHashes }) {
    const find = statements.get(`SELECT ${KEY_COLUMNS} FROM api_keys WHERE secret_hash = ?`);
    return secretHashes.flatMap((secretHash) => {
      const row = find.get(secretHash);
      return row === undefined ? [] : [keyRow(row)];
    });
  },

  audit: (statements, { before, limit }) => readAudit(statements, before, limit),

  ping(statements) {
    statements.get('SELECT 1').get();
    return true;
  },
};

/** Answers one query from committed state, in one read transaction. */
export function answerQuery<K extends QueryKind>(
  statements: Statements,
  query: Query<K>,
  nowMs: number,
): ReadResult[K] {
  const handler = HANDLERS[query.kind] as Handlers[K];
  return statements.db.transaction(() => handler(statements, query, nowMs)).deferred();
}

function findQueue(statements: Statements, project: string, name: string): QueueEntry | undefined {
  const row = statements
    .get(`SELECT ${QUEUE_COLUMNS} FROM ${QUEUE_FROM} WHERE q.project = ? AND q.name = ?`)
    .get(project, name);
  return row === undefined ? undefined : queueEntry(row);
}

function countsOf(
  statements: Statements,
  queue: QueueEntry,
  nowMs: number,
  nodeId: string | undefined,
): QueueCounts {
  const counters = statements
    .get(`SELECT available, leased, delayed,
         (SELECT coalesce(sum(dead), 0) FROM dead_counters WHERE source_queue_id = queue_id) AS dead
       FROM queue_counters WHERE queue_id = ?`)
    .get(queue.id) as { available: number; leased: number; delayed: number; dead: number };
  const { oldestAtMs } = statements
    .get('SELECT min(live_since_ms) AS oldestAtMs FROM messages WHERE bucket_id = ?')
    .get(queue.bucketId) as { oldestAtMs: number | null };
  return {
    available: counters.available,
    inFlight: counters.leased,
    delayed: counters.delayed,
    dlq: counters.dead,
    oldestAtMs: oldestAtMs === null ? null : Math.min(oldestAtMs, nowMs),
    consumers: readConsumers(statements, queue, nowMs, nodeId),
  };
}
