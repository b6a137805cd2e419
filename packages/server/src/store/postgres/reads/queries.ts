import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { publicRow, type QueueColumns, queueEntryOf } from '../../../core/queue/queue-settings.js';
import type {
  Query,
  QueryKind,
  QueueCounts,
  ReadResult,
  UnfinishedJob,
} from '../../../core/store/store.js';
import type { Pipeline } from '../driver/pipeline.js';
import type { OldestKnown } from '../tuning/oldest-known.js';
import { readAudit } from './audit-rows.js';
import { readHistory } from './history.js';
import { deadLetters, message, peek } from './message-queries.js';
import {
  activeSubscriptions,
  allSubscriptions,
  changedSubscriptions,
  pushAttempts,
  subscriptionsOf,
} from './push-rows.js';
import { KEY_COLUMNS, keyRow, QUEUE_COLUMNS, QUEUE_FROM } from './rows.js';

type Handlers = {
  [K in QueryKind]: (
    pipeline: Pipeline,
    query: Query<K>,
    nowMs: number,
    oldest: OldestKnown,
  ) => Promise<ReadResult[K]>;
};

/** How many index entries this transaction has walked past; only differences mean anything. */
const WALKED = "pg_stat_get_xact_tuples_returned('millrace.messages_live'::regclass)";

/**
 * Counts and age of each queue in one statement, so that they show the same moment. The oldest message
 * is searched for only where there is one. PostgreSQL evaluates the columns of a row from left to right.
 *
 * @param known the parameter that contains the buckets whose oldest message is known
 */
const countColumns = (known: string): string => `q.bucket_id AS "bucketId",
  (SELECT coalesce(sum(c.available), 0)::bigint FROM millrace.queue_counters c
    WHERE c.bucket_id = q.bucket_id) AS available,
  (SELECT coalesce(sum(c.leased), 0)::bigint FROM millrace.queue_counters c
    WHERE c.bucket_id = q.bucket_id) AS leased,
  (SELECT coalesce(sum(c.delayed), 0)::bigint FROM millrace.queue_counters c
    WHERE c.bucket_id = q.bucket_id) AS delayed,
  (SELECT coalesce(sum(c.dead), 0)::bigint FROM millrace.dead_counters c
    WHERE c.source_queue_id = q.id AND NOT EXISTS (
      SELECT 1 FROM millrace.discarded_buckets x WHERE x.bucket_id = c.bucket_id OFFSET 0)) AS dead,
  ${WALKED} AS "walkedBefore",
  CASE WHEN q.bucket_id <> ALL (${known}::bigint[])
      AND (SELECT sum(c.available + c.leased) FROM millrace.queue_counters c
        WHERE c.bucket_id = q.bucket_id) > 0
    THEN (SELECT min(m.live_since_ms) FROM millrace.messages m
      WHERE m.bucket_id = q.bucket_id AND m.live_since_ms IS NOT NULL) END AS "oldestAtMs",
  ${WALKED} AS "walkedAfter"`;

interface CountsRow {
  readonly bucketId: number;
  readonly available: number;
  readonly leased: number;
  readonly delayed: number;
  readonly dead: number;
  readonly walkedBefore: number;
  readonly oldestAtMs: number | null;
  readonly walkedAfter: number;
}

/** Turns rows into the counts of an answer. */
function countsReader(oldest: OldestKnown, nowMs: number) {
  const known = oldest.current();
  const oldestOf = (row: CountsRow): number | null => {
    const { bucketId, oldestAtMs } = row;
    if (row.available + row.leased === 0) return null;
    if (known.has(bucketId)) return known.get(bucketId) ?? null;
    oldest.found(bucketId, oldestAtMs, row.walkedAfter - row.walkedBefore);
    return oldestAtMs;
  };
  const countsOf = (row: CountsRow): QueueCounts => {
    const oldestAtMs = oldestOf(row);
    return {
      available: row.available,
      inFlight: row.leased,
      delayed: row.delayed,
      dlq: row.dead,
      oldestAtMs: oldestAtMs === null ? null : Math.min(oldestAtMs, nowMs),
    };
  };
  return { knownBuckets: [...known.keys()], countsOf };
}

const HANDLERS: Handlers = {
  async getQueue(pipeline, { project, queue }) {
    const entry = await findQueue(pipeline, project, queue);
    return entry === undefined ? null : publicRow(entry);
  },

  async listQueues(pipeline, { project, after, prefix, limit, counts }, nowMs, oldest) {
    const { knownBuckets, countsOf } = countsReader(oldest, nowMs);
    const rows = await pipeline.query<QueueColumns & CountsRow>(
      `SELECT ${QUEUE_COLUMNS} ${counts ? `, ${countColumns('$6')}` : ''} FROM ${QUEUE_FROM}
        WHERE q.project = $1 AND q.name > $2 AND q.name >= $3 AND q.name < $4
        ORDER BY q.name LIMIT $5`,
      // Names are ASCII, so every name with the prefix sorts below the prefix followed by U+FFFF.
      [project, after ?? '', prefix, `${prefix}\uffff`, limit, ...(counts ? [knownBuckets] : [])],
    );
    if (!counts) return rows.map((row) => publicRow(queueEntryOf(row)));
    return rows.map((row) => {
      const {
        available,
        leased,
        delayed,
        dead,
        walkedBefore,
        oldestAtMs,
        walkedAfter,
        ...columns
      } = row;
      return { queue: publicRow(queueEntryOf(columns)), counts: countsOf(row) };
    });
  },

  async stats(pipeline, { project, queue }, nowMs, oldest) {
    const { knownBuckets, countsOf } = countsReader(oldest, nowMs);
    const [row] = await pipeline.query<CountsRow>(
      `SELECT ${countColumns('$3')} FROM millrace.queues q WHERE q.project = $1 AND q.name = $2`,
      [project, queue, knownBuckets],
    );
    return row === undefined ? null : countsOf(row);
  },

  async queueDepths(pipeline, { after, limit }, nowMs, oldest) {
    const { knownBuckets, countsOf } = countsReader(oldest, nowMs);
    const rows = await pipeline.query<CountsRow & Pick<QueueEntry, 'id' | 'project' | 'name'>>(
      `SELECT q.id, q.project, q.name, ${countColumns('$3')} FROM millrace.queues q
        WHERE q.id > $1 ORDER BY q.id LIMIT $2`,
      [after, limit, knownBuckets],
    );
    return rows.map((row) => ({
      queueId: row.id,
      project: row.project,
      queue: row.name,
      counts: countsOf(row),
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
      `SELECT job_id AS "jobId", concat_ws(' ', at_ms, at_seq, at_id) AS position
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
  oldest: OldestKnown,
): Promise<ReadResult[K]> {
  const handler = HANDLERS[query.kind] as Handlers[K];
  return handler(pipeline, query, nowMs, oldest);
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
