import type { KeptSettings, QueueEntry } from '../../../core/queue/queue-entry.js';
import {
  DEFAULT_SETTINGS,
  type QueueColumns,
  queueEntryOf,
  type ReachableFrom,
} from '../../../core/queue/queue-settings.js';
import type { Parameter } from '../driver/parameters.js';
import type { Pipeline } from '../driver/pipeline.js';
import { deadLetterQueueOf, QUEUE_COLUMNS, QUEUE_FROM } from '../reads/rows.js';
import type { PostgresTransaction } from './transaction.js';

/** The queues of `roots` and the dead-letter queues that can be reached from them, as a recursive query. */
export const chainFrom = (roots: string): string => `chain AS (
  ${roots}
  UNION
  SELECT q.* FROM chain c CROSS JOIN ${deadLetterQueueOf('c')} AS q
)`;

export const CHAIN = `chain q LEFT JOIN ${deadLetterQueueOf('q')} AS d ON true`;

function readQueuesByBucket(
  pipeline: Pipeline,
  bucketIds: readonly number[],
): Promise<QueueEntry[]> {
  return readChains(
    pipeline,
    'SELECT q.* FROM millrace.queues q WHERE q.bucket_id = ANY ($1::bigint[])',
    [bucketIds],
  );
}

async function readChains(
  pipeline: Pipeline,
  roots: string,
  values: readonly Parameter[],
): Promise<QueueEntry[]> {
  const rows = await pipeline.query<QueueColumns>(
    `WITH RECURSIVE ${chainFrom(roots)} SELECT ${QUEUE_COLUMNS} FROM ${CHAIN}`,
    values,
  );
  return rows.map(queueEntryOf);
}

/**
 * Reads in advance what `ReachableFrom` answers for this queue; null if no queue will be asked about.
 */
export async function readReachable(
  tx: PostgresTransaction,
  project: string,
  name: string | null | undefined,
): Promise<ReachableFrom> {
  // A queue that another node created since the commit group began is unknown to the commit group.
  if (name == null || tx.queue(project, name) === undefined) return () => undefined;
  const rows = await tx.pipeline.query<{ name: string }>(
    `WITH RECURSIVE reached AS (
       SELECT id FROM millrace.queues WHERE project = $1 AND name = $2
       UNION
       SELECT next.id FROM reached r JOIN (
         SELECT id AS source, dead_letter_queue_id AS id FROM millrace.queues
         UNION ALL
         SELECT queue_id, dead_letter_queue_id FROM millrace.push_subscriptions) AS next
         ON next.source = r.id AND next.id IS NOT NULL
     )
     SELECT q.name FROM reached r JOIN millrace.queues q ON q.id = r.id`,
    [project, name],
  );
  const names = new Set(rows.map((row) => row.name));
  return () => (names.size === 0 ? undefined : names);
}

/** Inserts a queue; if another node created it first, the commit group runs again. */
export async function insertQueue(
  tx: PostgresTransaction,
  project: string,
  name: string,
  settings: KeptSettings = DEFAULT_SETTINGS,
  deadLetterQueueId: number | null = null,
): Promise<QueueEntry> {
  await tx.pipeline.query(
    `INSERT INTO millrace.queues (project, name, type, dead_letter_queue_id, max_retries,
       max_expired_leases, follows_max_retries, message_retention_days,
       visibility_timeout_default_ms, enable_priority, created_at_ms, updated_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)`,
    [
      project,
      name,
      settings.type,
      deadLetterQueueId,
      settings.maxRetries,
      settings.maxExpiredLeases,
      settings.followsMaxRetries,
      settings.messageRetentionDays,
      settings.visibilityTimeoutDefaultMs,
      settings.enablePriority,
      tx.nowMs,
    ],
  );
  const [row] = await tx.pipeline.query<QueueColumns>(
    `SELECT ${QUEUE_COLUMNS} FROM ${QUEUE_FROM} WHERE q.project = $1 AND q.name = $2`,
    [project, name],
  );
  const queue = queueEntryOf(row as QueueColumns);
  tx.addQueue(queue);
  tx.usage.countThings(project, 'queues', 1);
  return queue;
}

/** Reads the known queues again after one of them has changed. */
export async function reloadQueues(tx: PostgresTransaction): Promise<void> {
  const ids = tx.queueIds();
  tx.forgetQueues();
  const queues = await readChains(
    tx.pipeline,
    'SELECT q.* FROM millrace.queues q WHERE q.id = ANY ($1::bigint[])',
    [ids],
  );
  for (const queue of queues) tx.addQueue(queue);
}

/** Loads a queue that no command of the commit group names, with the dead-letter queues behind it. */
export async function loadQueueById(
  tx: PostgresTransaction,
  id: number,
): Promise<QueueEntry | undefined> {
  const queues = await readChains(
    tx.pipeline,
    'SELECT q.* FROM millrace.queues q WHERE q.id = $1',
    [id],
  );
  for (const queue of queues) tx.addQueue(queue);
  return tx.queueById(id);
}

/** Loads the queues that have these buckets, unless they are known already. */
export async function loadQueuesByBucket(
  tx: PostgresTransaction,
  bucketIds: readonly number[],
): Promise<void> {
  const unknown = new Set(bucketIds.filter((id) => tx.queueByBucket(id) === undefined));
  if (unknown.size === 0) return;
  for (const queue of await readQueuesByBucket(tx.pipeline, [...unknown])) tx.addQueue(queue);
}
