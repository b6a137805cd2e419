import type { ExpireCommand, OutcomeOf } from '../../../core/commands.js';
import { STATE } from '../../../core/message-state.js';
import { removeMessage, retentionMs } from '../../../core/moves.js';
import type { QueueEntry } from '../../../core/transaction.js';
import type { GroupRun } from '../group-run.js';
import { loadQueueById } from '../load-queues.js';
import { MESSAGE_COLUMNS, type MessageRow } from '../rows.js';

/** Queues that one step of the retention sweep looks at. */
const QUEUES_PER_STEP = 50;
/** A message that is leased is looked at again after this. */
const LEASED_AGAIN_MS = 60_000;
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
  if (swept.length > 0) return { more: true };
  const rest = await tx.pipeline.query<{ bucketId: number }>(
    `DELETE FROM millrace.discarded_buckets x WHERE discarded_at_ms < $1 AND NOT EXISTS (
       SELECT 1 FROM millrace.messages m WHERE m.bucket_id = x.bucket_id)
     RETURNING bucket_id AS "bucketId"`,
    [tx.nowMs - STRAGGLERS_MS],
  );
  const ids = rest.map(({ bucketId }) => bucketId);
  for (const table of ['queue_counters', 'dead_counters']) {
    tx.pipeline.send(`DELETE FROM millrace.${table} WHERE bucket_id = ANY ($1::bigint[])`, [ids]);
  }
  return { more: false };
}

/** Removes messages past their retention from the queues that come next. */
export async function expire(run: GroupRun, command: ExpireCommand): Promise<OutcomeOf['expire']> {
  const { tx } = run;
  const ids = await tx.pipeline.query<{ id: number }>(
    'SELECT id FROM millrace.queues WHERE id > $1 ORDER BY id LIMIT $2',
    [command.afterQueueId, QUEUES_PER_STEP],
  );
  let left = command.limit;
  let nextAtMs: number | null = null;
  let lastId = command.afterQueueId;
  for (const { id } of ids) {
    const queue = tx.queueById(id) ?? (await loadQueueById(tx, id));
    if (queue === undefined) continue;
    for (const bucketId of [queue.bucketId, queue.deadBucketId]) {
      left -= await expireBucket(run, queue, bucketId, left);
      const atMs = left > 0 ? await nextExpiryMs(run, queue, bucketId) : null;
      if (atMs !== null) nextAtMs = Math.min(nextAtMs ?? atMs, atMs);
    }
    if (left <= 0) return { nextQueueId: lastId, nextAtMs };
    lastId = id;
  }
  return { nextQueueId: ids.length < QUEUES_PER_STEP ? null : lastId, nextAtMs };
}

async function expireBucket(
  { tx }: GroupRun,
  queue: QueueEntry,
  bucketId: number,
  limit: number,
): Promise<number> {
  const rows = await tx.pipeline.query<MessageRow>(
    `SELECT ${MESSAGE_COLUMNS} FROM millrace.messages m
      WHERE m.bucket_id = $1 AND m.live_since_ms <= $2 AND m.state <> ${STATE.leased}
      ORDER BY m.live_since_ms LIMIT $3 FOR UPDATE SKIP LOCKED`,
    [bucketId, tx.nowMs - retentionMs(queue), Math.max(0, limit)],
  );
  for (const message of tx.addMessages(rows)) removeMessage(tx, queue, message);
  tx.flushMessages();
  return rows.length;
}

async function nextExpiryMs(
  { tx }: GroupRun,
  queue: QueueEntry,
  bucketId: number,
): Promise<number | null> {
  const [row] = await tx.pipeline.query<{ oldestMs: number | null }>(
    `SELECT min(live_since_ms) AS "oldestMs" FROM millrace.messages
      WHERE bucket_id = $1 AND live_since_ms IS NOT NULL`,
    [bucketId],
  );
  if (row === undefined || row.oldestMs === null) return null;
  const atMs = row.oldestMs + retentionMs(queue);
  return atMs > tx.nowMs ? atMs : tx.nowMs + LEASED_AGAIN_MS;
}
