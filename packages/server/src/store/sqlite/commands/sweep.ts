import type { ExpireCommand, OutcomeOf } from '../../../core/commands/commands.js';
import { STATE } from '../../../core/queue/message-state.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { expireMessage, retentionMs } from '../../../core/queue/transitions.js';
import { MESSAGE_COLUMNS, messageRow } from '../driver/rows.js';
import { forgetHistory } from '../reads/history.js';
import type { SqliteTransaction } from '../transaction/transaction.js';

/** How many queues one step of the retention sweep checks. */
const QUEUES_PER_STEP = 200;

/** Removes messages whose bucket no queue uses any more. */
export function sweepDiscarded(tx: SqliteTransaction, limit: number): OutcomeOf['sweepDiscarded'] {
  const bucketId = tx.sql('SELECT min(bucket_id) FROM discarded_buckets').pluck().get() as
    | number
    | null;
  if (bucketId === null) return { more: false, looksAgain: false };
  const ids = tx
    .sql('SELECT id FROM messages WHERE bucket_id = ? LIMIT ?')
    .pluck()
    .all(bucketId, limit) as number[];
  for (const id of ids) {
    tx.sql('DELETE FROM messages WHERE id = ?').run(id);
    tx.sql('DELETE FROM bodies WHERE id = ?').run(id);
  }
  const groups = sweepMessageGroups(tx, bucketId, limit - ids.length);
  if (ids.length + groups < limit) {
    tx.sql('DELETE FROM discarded_buckets WHERE bucket_id = ?').run(bucketId);
  }
  const more = tx.sql('SELECT 1 FROM discarded_buckets LIMIT 1').get() !== undefined;
  return { more, looksAgain: false };
}

function sweepMessageGroups(tx: SqliteTransaction, bucketId: number, limit: number): number {
  if (limit === 0) return 0;
  const { changes } = tx
    .sql(
      `DELETE FROM fifo_groups WHERE bucket_id = @bucketId AND group_key IN (
         SELECT group_key FROM fifo_groups WHERE bucket_id = @bucketId LIMIT @limit)`,
    )
    .run({ bucketId, limit });
  return changes;
}

/** Removes messages past their retention, and history that is no longer kept, from the next queues. */
export function expire(tx: SqliteTransaction, command: ExpireCommand): OutcomeOf['expire'] {
  const { afterQueueId, queueIds } = command;
  const ids = queueIds ?? nextQueues(tx, afterQueueId);
  let left = command.limit;
  const ends: { queueId: number; atMs: number }[] = [];
  let lastId = command.afterQueueId;
  for (const id of ids) {
    const queue = tx.queueById(id);
    if (queue === undefined) continue;
    if (queueIds === undefined) forgetHistory(tx.statements, id, tx.nowMs);
    const times: number[] = [];
    for (const bucketId of [queue.bucketId, queue.deadBucketId]) {
      left -= expireBucket(tx, queue, bucketId, left);
      const atMs = left > 0 ? nextExpiryMs(tx, queue, bucketId) : null;
      if (atMs !== null) times.push(atMs);
    }
    if (left <= 0) return { nextQueueId: lastId, ends };
    if (times.length > 0) ends.push({ queueId: id, atMs: Math.min(...times) });
    lastId = id;
  }
  return { nextQueueId: ids.length < QUEUES_PER_STEP ? null : lastId, ends };
}

const nextQueues = (tx: SqliteTransaction, afterQueueId: number): number[] =>
  tx
    .sql('SELECT id FROM queues WHERE id > ? ORDER BY id LIMIT ?')
    .pluck()
    .all(afterQueueId, QUEUES_PER_STEP) as number[];

function expireBucket(
  tx: SqliteTransaction,
  queue: QueueEntry,
  bucketId: number,
  limit: number,
): number {
  const expired = tx
    .rows(
      `SELECT ${MESSAGE_COLUMNS} FROM messages
        WHERE bucket_id = ? AND live_since_ms <= ? AND state <> ${STATE.leased}
        ORDER BY live_since_ms LIMIT ?`,
    )
    .all(bucketId, tx.nowMs - retentionMs(queue), Math.max(0, limit));
  for (const values of expired) expireMessage(tx, queue, messageRow(values));
  return expired.length;
}

/** A leased message past its retention is removed when its lease ends unacked, so it needs no sweep. */
function nextExpiryMs(tx: SqliteTransaction, queue: QueueEntry, bucketId: number): number | null {
  const oldestMs = tx
    .sql(
      `SELECT live_since_ms FROM messages
        WHERE bucket_id = ? AND live_since_ms IS NOT NULL
          AND (state <> ${STATE.leased} OR live_since_ms > ?)
        ORDER BY live_since_ms LIMIT 1`,
    )
    .pluck()
    .get(bucketId, tx.nowMs - retentionMs(queue)) as number | undefined;
  return oldestMs === undefined ? null : oldestMs + retentionMs(queue);
}
