import type { ExpireCommand, OutcomeOf } from '../../../core/commands/commands.js';
import type { Usage } from '../../../core/limits/storage-limits.js';
import { STATE } from '../../../core/queue/message-state.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { expireMessage, retentionMs } from '../../../core/queue/transitions.js';
import { forgetHistory } from '../reads/history.js';
import { MESSAGE_COLUMNS, type MessageRow } from '../reads/rows.js';
import type { CommitGroup } from '../transaction/commit-group.js';
import { lockFreeMessageGroups } from '../transaction/message-group-locks.js';
import type { MessageGroupRef } from '../transaction/message-groups.js';
import { loadQueueById } from '../transaction/queue-rows.js';
import type { PostgresTransaction } from '../transaction/transaction.js';

const DAY_MS = 86_400_000;
/** How many queues one step of the retention sweep checks. */
const QUEUES_PER_STEP = 200;

/** Removes messages whose bucket no queue uses any more. */
export async function sweepDiscarded(
  { tx }: CommitGroup,
  limit: number,
): Promise<OutcomeOf['sweepDiscarded']> {
  const swept = await tx.pipeline.query(
    `DELETE FROM millrace.messages WHERE ctid = ANY (ARRAY(
       SELECT y.tid FROM millrace.discarded_buckets x
         CROSS JOIN LATERAL (
           SELECT ctid AS tid FROM millrace.messages WHERE bucket_id = x.bucket_id
            LIMIT $1 FOR UPDATE SKIP LOCKED) y
        LIMIT $1)) RETURNING 1`,
    [limit],
  );
  const groups = await tx.pipeline.query(
    `DELETE FROM millrace.fifo_groups WHERE ctid = ANY (ARRAY(
       SELECT y.tid FROM millrace.discarded_buckets x
         CROSS JOIN LATERAL (
           SELECT ctid AS tid FROM millrace.fifo_groups WHERE bucket_id = x.bucket_id
            LIMIT $1 FOR UPDATE SKIP LOCKED) y
        LIMIT $1)) RETURNING 1`,
    [limit],
  );
  if (swept.length + groups.length > 0) return { more: true, looksAgain: true };
  const final = await bucketsThatStayEmpty(tx);
  const rest = await tx.pipeline.query<{ bucketId: number; project: string | null }>(
    `DELETE FROM millrace.discarded_buckets x
      WHERE bucket_id = ANY ($1::bigint[])
        AND NOT EXISTS (SELECT 1 FROM millrace.messages m WHERE m.bucket_id = x.bucket_id)
        AND NOT EXISTS (SELECT 1 FROM millrace.fifo_groups g WHERE g.bucket_id = x.bucket_id)
     RETURNING bucket_id AS "bucketId", project`,
    [final],
  );
  const ids = rest.map(({ bucketId }) => bucketId);
  tx.pipeline.send('DELETE FROM millrace.dead_counters WHERE bucket_id = ANY ($1::bigint[])', [
    ids,
  ]);
  // What late commits counted in these buckets has not been subtracted from the project yet.
  const counted = await tx.pipeline.query<Usage & { bucketId: number }>(
    `DELETE FROM millrace.queue_counters WHERE bucket_id = ANY ($1::bigint[])
     RETURNING bucket_id AS "bucketId", available + leased + delayed AS messages, bytes`,
    [ids],
  );
  const projects = new Map(rest.map(({ bucketId, project }) => [bucketId, project]));
  for (const { bucketId, messages, bytes } of counted) {
    // A bucket that was discarded before projects were counted has no project.
    const project = projects.get(bucketId) ?? null;
    if (project !== null) tx.usage.count(project, -messages, -bytes);
  }
  const left = await tx.pipeline.query('SELECT 1 FROM millrace.discarded_buckets LIMIT 1');
  return { more: false, looksAgain: left.length > 0 };
}

/** Transactions under way of this database's clients; any role may see this much of them. */
const UNDER_WAY = `SELECT l.virtualxid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE l.locktype = 'virtualxid' AND l.granted AND a.usesysid IS NOT NULL
    AND a.datname = current_database() AND a.pid <> pg_backend_pid()`;

/**
 * Discarded buckets that can get no more messages, once the messages committed now are swept. A
 * transaction that read the queue before the bucket was discarded may still add messages, however long
 * it is held up and even if it has written nothing yet. So each bucket waits for the transactions that
 * are under way when the sweep first finds nothing in it: later transactions find the queue without the
 * bucket.
 */
async function bucketsThatStayEmpty({ pipeline }: PostgresTransaction): Promise<number[]> {
  const [waiting] = await pipeline.query(
    'SELECT 1 FROM millrace.discarded_buckets WHERE waits_for IS NULL LIMIT 1',
  );
  if (waiting !== undefined) {
    pipeline.send(
      `UPDATE millrace.discarded_buckets SET waits_for = ARRAY(${UNDER_WAY})
        WHERE waits_for IS NULL`,
    );
  }
  const rows = await pipeline.query<{ bucketId: number }>(
    `WITH under_way AS MATERIALIZED (${UNDER_WAY})
     SELECT bucket_id AS "bucketId" FROM millrace.discarded_buckets
      WHERE NOT EXISTS (SELECT 1 FROM under_way WHERE virtualxid = ANY (waits_for))`,
  );
  return rows.map(({ bucketId }) => bucketId);
}

interface QueueAges {
  readonly id: number;
  readonly retentionDays: number;
  readonly oldestMs: number | null;
}

/** A leased message past its retention is removed when its lease ends unacked, so it needs no sweep. */
const oldestIn = (bucket: string): string =>
  `(SELECT m.live_since_ms FROM millrace.messages m
     WHERE m.bucket_id = ${bucket} AND m.live_since_ms IS NOT NULL
       AND (m.state <> ${STATE.leased}
         OR m.live_since_ms > $1 - q.message_retention_days * ${DAY_MS}::bigint)
     ORDER BY m.live_since_ms LIMIT 1)`;

const QUEUE_AGES = `SELECT q.id, q.message_retention_days AS "retentionDays",
    least(${oldestIn('q.bucket_id')}, ${oldestIn('q.dead_bucket_id')}) AS "oldestMs"
  FROM millrace.queues q`;

/** Removes messages past their retention, and history that is no longer kept, from the next queues. */
export async function expire(
  run: CommitGroup,
  command: ExpireCommand,
): Promise<OutcomeOf['expire']> {
  const { tx } = run;
  const { afterQueueId, queueIds } = command;
  const queues = await tx.pipeline.query<QueueAges>(
    `${QUEUE_AGES} WHERE q.id > $2 AND ($3::bigint[] IS NULL OR q.id = ANY ($3))
      ORDER BY q.id LIMIT $4`,
    [tx.nowMs, afterQueueId, queueIds ?? null, QUEUES_PER_STEP],
  );
  const isLast = queues.length < QUEUES_PER_STEP;
  const untilId = isLast ? null : (queues.at(-1) as QueueAges).id;
  if (
    run.isTimeTrusted &&
    queueIds === undefined &&
    (await forgetHistory(tx.pipeline, tx.nowMs, afterQueueId, untilId))
  ) {
    return { nextQueueId: afterQueueId, ends: [] };
  }
  let left = command.limit;
  const ends: { queueId: number; atMs: number }[] = [];
  let lastId = command.afterQueueId;
  for (const queue of queues) {
    let atMs = expiryMs(queue);
    // Otherwise the queue is checked again after a pause, like one whose messages are locked elsewhere.
    if (run.isTimeTrusted && atMs !== null && atMs <= tx.nowMs) {
      left -= await expireQueue(run, queue.id, left);
      if (left <= 0) return { nextQueueId: lastId, ends };
      const [again] = await tx.pipeline.query<QueueAges>(`${QUEUE_AGES} WHERE q.id = $2`, [
        tx.nowMs,
        queue.id,
      ]);
      atMs = again === undefined ? null : expiryMs(again);
    }
    if (atMs !== null) ends.push({ queueId: queue.id, atMs });
    lastId = queue.id;
  }
  return { nextQueueId: isLast ? null : lastId, ends };
}

const expiryMs = ({ oldestMs, retentionDays }: QueueAges): number | null =>
  oldestMs === null ? null : oldestMs + retentionMs({ messageRetentionDays: retentionDays });

async function expireQueue(run: CommitGroup, id: number, limit: number): Promise<number> {
  const queue = run.tx.queueById(id) ?? (await loadQueueById(run.tx, id));
  if (queue === undefined) return 0;
  const live = await expireBucket(run, queue, queue.bucketId, limit);
  return live + (await expireBucket(run, queue, queue.deadBucketId, limit - live));
}

async function expireBucket(
  { tx }: CommitGroup,
  queue: QueueEntry,
  bucketId: number,
  limit: number,
): Promise<number> {
  const beforeMs = tx.nowMs - retentionMs(queue);
  const groups =
    bucketId === queue.bucketId ? await lockMessageGroups(tx, queue, beforeMs, limit) : null;
  const rows = await tx.pipeline.query<MessageRow>(
    `SELECT ${MESSAGE_COLUMNS} FROM millrace.messages m
      WHERE m.bucket_id = $1 AND m.live_since_ms <= $2 AND m.state <> ${STATE.leased}
        AND ($4::text[] IS NULL OR m.group_key = ANY ($4))
      ORDER BY m.live_since_ms LIMIT $3 FOR UPDATE SKIP LOCKED`,
    [bucketId, beforeMs, Math.max(0, limit), groups],
  );
  for (const message of tx.addMessages(rows)) expireMessage(tx, queue, message);
  await tx.flushMessages();
  return rows.length;
}

/** Locks the message groups with messages past their retention; null for a standard queue. */
async function lockMessageGroups(
  { pipeline }: PostgresTransaction,
  { type, bucketId }: QueueEntry,
  beforeMs: number,
  limit: number,
): Promise<string[] | null> {
  if (type !== 'fifo') return null;
  const groups = await pipeline.query<MessageGroupRef>(
    `SELECT DISTINCT bucket_id AS "bucketId", group_key AS "groupKey" FROM (
       SELECT m.bucket_id, m.group_key FROM millrace.messages m
        WHERE m.bucket_id = $1 AND m.live_since_ms <= $2 AND m.state <> ${STATE.leased}
        ORDER BY m.live_since_ms LIMIT $3) AS g`,
    [bucketId, beforeMs, Math.max(0, limit)],
  );
  const free = await lockFreeMessageGroups(pipeline, groups);
  return free.map(({ groupKey }) => groupKey);
}
