import { publicRow, type QueueColumns, queueEntryOf } from '../../core/queue-settings.js';
import type { Query, QueryKind, QueueCounts, ReadResult, UnfinishedJob } from '../../core/store.js';
import type { QueueEntry } from '../../core/transaction.js';
import { readAudit } from './audit-rows.js';
import { readHistory } from './history.js';
import { deadLetters, message, peek } from './message-queries.js';
import type { Pipeline } from './pipeline.js';
import {
  activeSubscriptions,
  allSubscriptions,
  changedSubscriptions,
  pushAttempts,
  subscriptionsOf,
} from './push-rows.js';
import { KEY_COLUMNS, keyRow, QUEUE_COLUMNS, QUEUE_FROM } from './rows.js';

type Handlers = {
  [K in QueryKind]: (pipeline: Pipeline, query: Query<K>, nowMs: number) => Promise<ReadResult[K]>;
};

/**
 * Counts and age of each queue in one statement, so that they are of one moment. Where nothing lies,
 * nobody looks for the oldest: beside an old snapshot that walks past all that has gone.
 */
const COUNTS = `
  (SELECT coalesce(sum(c.available), 0)::bigint FROM millrace.queue_counters c
    WHERE c.bucket_id = q.bucket_id) AS available,
  (SELECT coalesce(sum(c.leased), 0)::bigint FROM millrace.queue_counters c
    WHERE c.bucket_id = q.bucket_id) AS leased,
  (SELECT coalesce(sum(c.delayed), 0)::bigint FROM millrace.queue_counters c
    WHERE c.bucket_id = q.bucket_id) AS delayed,
  (SELECT coalesce(sum(c.dead), 0)::bigint FROM millrace.dead_counters c
    WHERE c.source_queue_id = q.id AND NOT EXISTS (
      SELECT 1 FROM millrace.discarded_buckets x WHERE x.bucket_id = c.bucket_id OFFSET 0)) AS dead,
  CASE WHEN (SELECT sum(c.available + c.leased) FROM millrace.queue_counters c
      WHERE c.bucket_id = q.bucket_id) > 0
    THEN (SELECT min(m.live_since_ms) FROM millrace.messages m
      WHERE m.bucket_id = q.bucket_id AND m.live_since_ms IS NOT NULL) END AS "oldestAtMs"`;

interface CountsRow {
  readonly available: number;
  readonly leased: number;
  readonly delayed: number;
  readonly dead: number;
  readonly oldestAtMs: number | null;
}

const HANDLERS: Handlers = {
  async getQueue(pipeline, { project, queue }) {
    const entry = await findQueue(pipeline, project, queue);
    return entry === undefined ? null : publicRow(entry);
  },

  async listQueues(pipeline, { project, after, prefix, limit, counts }, nowMs) {
    const rows = await pipeline.query<QueueColumns & CountsRow>(
      `SELECT ${QUEUE_COLUMNS} ${counts ? `, ${COUNTS}` : ''} FROM ${QUEUE_FROM}
        WHERE q.project = $1 AND q.name > $2 AND q.name >= $3 AND q.name < $4
        ORDER BY q.name LIMIT $5`,
      // Names are ASCII, so every name with the prefix sorts below the prefix and U+FFFF.
      [project, after ?? '', prefix, `${prefix}\uffff`, limit],
    );
    if (!counts) return rows.map((row) => publicRow(queueEntryOf(row)));
    return rows.map(({ available, leased, delayed, dead, oldestAtMs, ...entry }) => ({
      queue: publicRow(queueEntryOf(entry)),
      counts: countsOf({ available, leased, delayed, dead, oldestAtMs }, nowMs),
    }));
  },

  async stats(pipeline, { project, queue }, nowMs) {
    const [row] = await pipeline.query<CountsRow>(
      `SELECT ${COUNTS} FROM millrace.queues q WHERE q.project = $1 AND q.name = $2`,
      [project, queue],
    );
    return row === undefined ? null : countsOf(row, nowMs);
  },

  async queueDepths(pipeline, { after, limit }, nowMs) {
    const rows = await pipeline.query<CountsRow & Pick<QueueEntry, 'id' | 'project' | 'name'>>(
      `SELECT q.id, q.project, q.name, ${COUNTS} FROM millrace.queues q
        WHERE q.id > $1 ORDER BY q.id LIMIT $2`,
      [after, limit],
    );
    return rows.map(({ id, project, name, ...counts }) => ({
      queueId: id,
      project,
      queue: name,
      counts: countsOf(counts, nowMs),
    }));
  },

  async peek(pipeline, query) {
    const entry = await findQueue(pipeline, query.project, query.queue);
    return entry === undefined ? null : peek(pipeline, entry, query);
  },

  async message(pipeline, query) {
    const entry = await findQueue(pipeline, query.project, query.queue);
    return entry === undefined
      ? { queueExists: false, message: null }
      : { queueExists: true, ...(await message(pipeline, entry, query)) };
  },

  async deadLetters(pipeline, query) {
    const entry = await findQueue(pipeline, query.project, query.queue);
    return entry === undefined ? null : deadLetters(pipeline, entry, query);
  },

  async history(pipeline, { project, queue, sinceMinute }) {
    const entry = await findQueue(pipeline, project, queue);
    return entry === undefined ? null : readHistory(pipeline, entry.id, sinceMinute);
  },

  async pushSubscriptions(pipeline, { project, queue }) {
    const entry = await findQueue(pipeline, project, queue);
    return entry === null || entry === undefined ? null : subscriptionsOf(pipeline, entry.id);
  },

  activePushSubscriptions: (pipeline, { after, limit }) =>
    activeSubscriptions(pipeline, after, limit),

  allPushSubscriptions: (pipeline, { after, limit }) => allSubscriptions(pipeline, after, limit),

  changedPushSubscriptions: (pipeline, { afterSeq, limit }) =>
    changedSubscriptions(pipeline, afterSeq, limit),

  pushAttempts: (pipeline, { subscriptionId, limit }) =>
    pushAttempts(pipeline, subscriptionId, limit),

  unfinishedJobs: (pipeline, { limit }) =>
    pipeline.query<UnfinishedJob>(
      `SELECT job_id AS "jobId", concat_ws(' ', at_ms, at_seq, at_id) AS place
         FROM millrace.dead_letter_jobs WHERE NOT finished ORDER BY job_id LIMIT $1`,
      [limit],
    ),

  async listKeys(pipeline, { after, limit }) {
    const rows = await pipeline.query(
      `SELECT ${KEY_COLUMNS} FROM millrace.api_keys WHERE key_id > $1 ORDER BY key_id LIMIT $2`,
      [after ?? '', limit],
    );
    return rows.map((row) => {
      const { secretHash: _hash, ...key } = keyRow(row);
      return key;
    });
  },

  async findKeys(pipeline, { secretHashes }) {
    const rows = await pipeline.query(
      `SELECT ${KEY_COLUMNS} FROM millrace.api_keys WHERE secret_hash = ANY ($1::text[])`,
      [secretHashes],
    );
    return rows.map(keyRow);
  },

  audit: (pipeline, { before, limit }) => readAudit(pipeline, before, limit),

  async ping(pipeline) {
    await pipeline.query('SELECT 1', []);
    return true;
  },
};

export function answerQuery<K extends QueryKind>(
  pipeline: Pipeline,
  query: Query<K>,
  nowMs: number,
): Promise<ReadResult[K]> {
  const handler = HANDLERS[query.kind] as Handlers[K];
  return handler(pipeline, query, nowMs);
}

async function findQueue(
  pipeline: Pipeline,
  project: string,
  name: string,
): Promise<QueueEntry | undefined> {
  const [row] = await pipeline.query<QueueColumns>(
    `SELECT ${QUEUE_COLUMNS} FROM ${QUEUE_FROM} WHERE q.project = $1 AND q.name = $2`,
    [project, name],
  );
  return row === undefined ? undefined : queueEntryOf(row);
}

const countsOf = (row: CountsRow, nowMs: number): QueueCounts => ({
  available: row.available,
  inFlight: row.leased,
  delayed: row.delayed,
  dlq: row.dead,
  oldestAtMs: row.oldestAtMs === null ? null : Math.min(row.oldestAtMs, nowMs),
});
