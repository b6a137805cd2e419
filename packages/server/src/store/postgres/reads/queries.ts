import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { publicRow, type QueueColumns, queueEntryOf } from '../../../core/queue/queue-settings.js';
import type { Query, QueryKind, ReadResult, UnfinishedJob } from '../../../core/store/store.js';
import { rowOf } from '../driver/index-joins.js';
import type { Pipeline } from '../driver/pipeline.js';
import type { OldestKnown } from '../tuning/oldest-known.js';
import { readAudit } from './audit-rows.js';
import { consumersFrom, consumersParameters } from './consumers.js';
import { type CountsRow, countColumns, countsReader, withoutCounts } from './counts.js';
import { readHistory, readRecentMinutes } from './history.js';
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

const HANDLERS: Handlers = {
  async getQueue(pipeline, { project, queue }) {
    const entry = await findQueue(pipeline, project, queue);
    return entry === undefined ? null : publicRow(entry);
  },

  async listQueues(pipeline, { project, after, prefix, limit, counts, nodeId }, nowMs, oldest) {
    const { knownBuckets, countsOf } = countsReader(oldest, nowMs);
    // Names are ASCII, so every name with the prefix sorts below the prefix followed by U+FFFF.
    const wanted = [project, after ?? '', prefix, `${prefix}\uffff`, limit];
    const where = `WHERE q.project = $1 AND q.name > $2 AND q.name >= $3 AND q.name < $4
      ORDER BY q.name LIMIT $5`;
    if (!counts) {
      const rows = await pipeline.query<QueueColumns>(
        `SELECT ${QUEUE_COLUMNS} FROM ${QUEUE_FROM} ${where}`,
        wanted,
      );
      return rows.map((row) => publicRow(queueEntryOf(row)));
    }
    const rows = await pipeline.query<QueueColumns & CountsRow>(
      `SELECT ${QUEUE_COLUMNS}, ${countColumns('$6')}
         FROM ${QUEUE_FROM} ${consumersFrom('$7', '$8')} ${where}`,
      [...wanted, knownBuckets, ...consumersParameters(nodeId, nowMs)],
    );
    return rows.map((row) => ({
      queue: publicRow(queueEntryOf(withoutCounts(row))),
      counts: countsOf(row),
    }));
  },

  async stats(pipeline, { project, queue, nodeId }, nowMs, oldest) {
    const { knownBuckets, countsOf } = countsReader(oldest, nowMs);
    const [row] = await pipeline.query<CountsRow>(
      `SELECT ${countColumns('$3')} FROM millrace.queues q ${consumersFrom('$4', '$5')}
        WHERE q.project = $1 AND q.name = $2`,
      [project, queue, knownBuckets, ...consumersParameters(nodeId, nowMs)],
    );
    return row === undefined ? null : countsOf(row);
  },

  async queueIds(pipeline, { limit }) {
    const rows = await pipeline.query<{ id: number }>(
      `SELECT id FROM (
         SELECT id, row_number() OVER (PARTITION BY project ORDER BY id) AS place
           FROM millrace.queues) AS q
        ORDER BY place, id LIMIT $1`,
      [limit],
    );
    return rows.map(({ id }) => id);
  },

  async queueDepths(pipeline, { queueIds, nodeId }, nowMs, oldest) {
    const { knownBuckets, countsOf } = countsReader(oldest, nowMs);
    const rows = await pipeline.query<CountsRow & Pick<QueueEntry, 'id' | 'project' | 'name'>>(
      `SELECT q.id, q.project, q.name, ${countColumns('$2')}
         FROM unnest($1::bigint[]) AS u(id) CROSS JOIN ${rowOf('queues', 'u', ['id'])} AS q
         ${consumersFrom('$3', '$4')}`,
      [queueIds, knownBuckets, ...consumersParameters(nodeId, nowMs)],
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

  recentMinutes: (pipeline, { project, queues, sinceMinute }) =>
    readRecentMinutes(pipeline, project, queues, sinceMinute),

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
