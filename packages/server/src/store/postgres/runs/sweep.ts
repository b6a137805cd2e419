import type { ExpireCommand, OutcomeOf } from '../../../core/commands.js';
import { STATE } from '../../../core/message-state.js';
import { removeMessage, retentionMs } from '../../../core/moves.js';
import type { Usage } from '../../../core/storage-limits.js';
import type { QueueEntry } from '../../../core/transaction.js';
import type { GroupRef } from '../fifo-groups.js';
import { lockFreeGroups } from '../group-locks.js';
import type { GroupRun } from '../group-run.js';
import { forgetHistory } from '../history.js';
import { loadQueueById } from '../load-queues.js';
import { MESSAGE_COLUMNS, type MessageRow } from '../rows.js';
import type { GroupTransaction } from '../transaction.js';

/** Queues that one step of the retention sweep looks at. */
const QUEUES_PER_STEP = 200;
/** A commit that was under way when its bucket was discarded may still bring messages into it. */
const STRAGGLERS_MS = 60_000;

/** Removes messages that lie in a bucket which no queue has any more. */
export async function sweepDiscarded(
  { tx }: GroupRun,
  limit: number,
): Promise<OutcomeOf['sweepDiscarded']> {
  const swept = await tx.pipeline.query(
    `DELETE FROM millrace.messages m USING (
       SELECT x.bucket_id, y.message_id FROM millrace.discarded_buckets x
         CROSS JOIN LATERAL (
           SELECT message_id FROM millrace.messages WHERE bucket_id = x.bucket_id
            LIMIT $1 FOR UPDATE SKIP LOCKED) y
        LIMIT $1) gone
      WHERE m.bucket_id = gone.bucket_id AND m.message_id = gone.message_id RETURNING 1`,
    [limit],
  );
  const groups = await tx.pipeline.query(
    `DELETE FROM millrace.fifo_groups g USING (
       SELECT x.bucket_id, y.group_key FROM millrace.discarded_buckets x
         CROSS JOIN LATERAL (
           SELECT group_key FROM millrace.fifo_groups WHERE bucket_id = x.bucket_id
            LIMIT $1 FOR UPDATE SKIP LOCKED) y
        LIMIT $1) gone
      WHERE g.bucket_id = gone.bucket_id AND g.group_key = gone.group_key RETURNING 1`,
    [limit],
  );
  if (swept.length + groups.length > 0) return { more: true, looksAgain: true };
  const rest = await tx.pipeline.query<{ bucketId: number; project: string | null }>(
    `DELETE FROM millrace.discarded_buckets x WHERE discarded_at_ms < $1 AND NOT EXISTS (
       SELECT 1 FROM millrace.messages m WHERE m.bucket_id = x.bucket_id)
     RETURNING bucket_id AS "bucketId", project`,
    [tx.nowMs - STRAGGLERS_MS],
  );
  const ids = rest.map(({ bucketId }) => bucketId);
  tx.pipeline.send('DELETE FROM millrace.dead_counters WHERE bucket_id = ANY ($1::bigint[])', [
    ids,
  ]);
  // What such commits have counted there since was taken off the project by nobody yet.
  const counted = await tx.pipeline.query<Usage & { bucketId: number }>(
    `DELETE FROM millrace.queue_counters WHERE bucket_id = ANY ($1::bigint[])
     RETURNING bucket_id AS "bucketId", available + leased + delayed AS messages, bytes`,
    [ids],
  );
  const projects = new Map(rest.map(({ bucketId, project }) => [bucketId, project]));
  for (const { bucketId, messages, bytes } of counted) {
    // A bucket that was discarded before projects were counted has none.
    const project = projects.get(bucketId) ?? null;
    if (project !== null) tx.usage.count(project, -messages, -bytes);
  }
  const left = await tx.pipeline.query('SELECT 1 FROM millrace.discarded_buckets LIMIT 1');
  return { more: false, looksAgain: left.length > 0 };
}

interface QueueAges {
  readonly id: number;
  readonly retentionDays: number;
  readonly oldestMs: number | null;
}

/** What is leased goes when its lease ends, if not acked, and needs no sweep. */
const oldestIn = (bucket: string): string =>
  `(SELECT m.live_since_ms FROM millrace.messages m
     WHERE m.bucket_id = ${bucket} AND m.live_since_ms IS NOT NULL AND m.state <> ${STATE.leased}
     ORDER BY m.live_since_ms LIMIT 1)`;

const QUEUE_AGES = `SELECT q.id, q.message_retention_days AS "retentionDays",
    least(${oldestIn('q.bucket_id')}, ${oldestIn('q.dead_bucket_id')}) AS "oldestMs"
  FROM millrace.queues q`;

/** Removes messages past their retention, and forgotten history, of the queues that come next. */
export async function expire(run: GroupRun, command: ExpireCommand): Promise<OutcomeOf['expire']> {
  const { tx } = run;
  // Looked at again after a pause, as what others hold is.
  if (!run.isTimeTrusted) return { nextQueueId: null, nextAtMs: 0 };
  const queues = await tx.pipeline.query<QueueAges>(
    `${QUEUE_AGES} WHERE q.id > $1 ORDER BY q.id LIMIT $2`,
    [command.afterQueueId, QUEUES_PER_STEP],
  );
  const isLast = queues.length < QUEUES_PER_STEP;
  const untilId = isLast ? null : (queues.at(-1) as QueueAges).id;
  if (await forgetHistory(tx.pipeline, tx.nowMs, command.afterQueueId, untilId)) {
    return { nextQueueId: command.afterQueueId, nextAtMs: null };
  }
  let left = command.limit;
  let nextAtMs: number | null = null;
  let lastId = command.afterQueueId;
  for (const queue of queues) {
    let atMs = expiryMs(queue);
    if (atMs !== null && atMs <= tx.nowMs) {
      left -= await expireQueue(run, queue.id, left);
      if (left <= 0) return { nextQueueId: lastId, nextAtMs };
      const [again] = await tx.pipeline.query<QueueAges>(`${QUEUE_AGES} WHERE q.id = $1`, [
        queue.id,
      ]);
      atMs = again === undefined ? null : expiryMs(again);
    }
    if (atMs !== null) nextAtMs = Math.min(nextAtMs ?? atMs, atMs);
    lastId = queue.id;
  }
  return { nextQueueId: isLast ? null : lastId, nextAtMs };
}

const expiryMs = ({ oldestMs, retentionDays }: QueueAges): number | null =>
  oldestMs === null ? null : oldestMs + retentionMs({ messageRetentionDays: retentionDays });

async function expireQueue(run: GroupRun, id: number, limit: number): Promise<number> {
  const queue = run.tx.queueById(id) ?? (await loadQueueById(run.tx, id));
  if (queue === undefined) return 0;
  const live = await expireBucket(run, queue, queue.bucketId, limit);
  return live + (await expireBucket(run, queue, queue.deadBucketId, limit - live));
}

async function expireBucket(
  { tx }: GroupRun,
  queue: QueueEntry,
  bucketId: number,
  limit: number,
): Promise<number> {
  const beforeMs = tx.nowMs - retentionMs(queue);
  const groups = bucketId === queue.bucketId ? await lockGroups(tx, queue, beforeMs, limit) : null;
  const rows = await tx.pipeline.query<MessageRow>(
    `SELECT ${MESSAGE_COLUMNS} FROM millrace.messages m
      WHERE m.bucket_id = $1 AND m.live_since_ms <= $2 AND m.state <> ${STATE.leased}
        AND ($4::text[] IS NULL OR m.group_key = ANY ($4))
      ORDER BY m.live_since_ms LIMIT $3 FOR UPDATE SKIP LOCKED`,
    [bucketId, beforeMs, Math.max(0, limit), groups],
  );
  for (const message of tx.addMessages(rows)) removeMessage(tx, queue, message);
  await tx.flushMessages();
  return rows.length;
}

/** Those groups of a FIFO queue that have messages past their retention; null for a standard one. */
async function lockGroups(
  { pipeline }: GroupTransaction,
  { type, bucketId }: QueueEntry,
  beforeMs: number,
  limit: number,
): Promise<string[] | null> {
  if (type !== 'fifo') return null;
  const groups = await pipeline.query<GroupRef>(
    `SELECT DISTINCT bucket_id AS "bucketId", group_key AS "groupKey" FROM (
       SELECT m.bucket_id, m.group_key FROM millrace.messages m
        WHERE m.bucket_id = $1 AND m.live_since_ms <= $2 AND m.state <> ${STATE.leased}
        ORDER BY m.live_since_ms LIMIT $3) AS g`,
    [bucketId, beforeMs, Math.max(0, limit)],
  );
  const free = await lockFreeGroups(pipeline, groups);
  return free.map(({ groupKey }) => groupKey);
}
