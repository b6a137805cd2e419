import type {
  DeleteQueueCommand,
  OutcomeOf,
  PurgeQueueCommand,
  UpdateQueueCommand,
} from '../../../core/commands/commands.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { changeSettings, changes, publicRow } from '../../../core/queue/queue-settings.js';
import { isRefusal, queueInUse, type Refusal } from '../../../core/refusal.js';
import { EVERYBODY } from '../../../core/store/store.js';
import type { SqliteTransaction } from '../transaction/transaction.js';
import { deleteSubscriptionsOf } from './push.js';

export function updateQueue(
  tx: SqliteTransaction,
  queue: QueueEntry,
  command: UpdateQueueCommand,
): OutcomeOf['updateQueue'] | Refusal {
  const { project, settings } = command;
  const wanted = changeSettings(queue, settings, (name) => tx.reachableFrom(project, name));
  if (isRefusal(wanted)) return wanted;
  if (!changes(queue, wanted)) return { queue: publicRow(queue) };
  const deadLetterQueueId =
    wanted.deadLetterQueue === null
      ? null
      : (tx.queue(project, wanted.deadLetterQueue) as QueueEntry).id;
  tx.sql(
    `UPDATE queues SET dead_letter_queue_id = ?, max_retries = ?, max_expired_leases = ?,
       follows_max_retries = ?, message_retention_days = ?, visibility_timeout_default_ms = ?,
       enable_priority = ?, updated_at_ms = ? WHERE id = ?`,
  ).run(
    deadLetterQueueId,
    wanted.maxRetries,
    wanted.maxExpiredLeases,
    wanted.followsMaxRetries ? 1 : 0,
    wanted.messageRetentionDays,
    wanted.visibilityTimeoutDefaultMs,
    wanted.enablePriority ? 1 : 0,
    tx.nowMs,
    queue.id,
  );
  tx.forgetQueues();
  return { queue: publicRow(tx.queueById(queue.id) as QueueEntry) };
}

/** Gives the queue a new bucket, however many messages are in the old one. */
export function purgeQueue(
  tx: SqliteTransaction,
  queue: QueueEntry,
  _command: PurgeQueueCommand,
): OutcomeOf['purgeQueue'] {
  tx.writeCounters();
  const { messages: purged, bytes } = heldBy(tx, queue);
  tx.usage.count(queue.project, -purged, -bytes);
  tx.sql(
    `UPDATE queue_counters SET available = 0, leased = 0, delayed = 0, bytes = 0
      WHERE queue_id = ?`,
  ).run(queue.id);
  tx.discardBucket(queue.bucketId);
  tx.sql('UPDATE queues SET bucket_id = ? WHERE id = ?').run(tx.newBucket(), queue.id);
  tx.forgetQueues();
  return { purged };
}

const heldBy = (tx: SqliteTransaction, queue: QueueEntry) =>
  tx
    .sql(
      `SELECT available + leased + delayed AS messages, bytes, dead, dead_bytes AS deadBytes
         FROM queue_counters WHERE queue_id = ?`,
    )
    .get(queue.id) as { messages: number; bytes: number; dead: number; deadBytes: number };

export function deleteQueue(
  tx: SqliteTransaction,
  { project, queue: name }: DeleteQueueCommand,
): OutcomeOf['deleteQueue'] | Refusal {
  const queue = tx.queue(project, name);
  if (queue === undefined) return { deleted: false };
  const users = tx
    .sql(
      `SELECT name FROM queues WHERE dead_letter_queue_id = @id OR id IN (
         SELECT queue_id FROM push_subscriptions WHERE dead_letter_queue_id = @id)
        ORDER BY name LIMIT 10`,
    )
    .pluck()
    .all({ id: queue.id }) as string[];
  if (users.length > 0) return queueInUse(name, users);
  tx.writeCounters();
  tx.discardBucket(queue.bucketId);
  tx.discardBucket(queue.deadBucketId);
  const { messages, bytes, dead, deadBytes } = heldBy(tx, queue);
  tx.usage.count(project, -messages - dead, -bytes - deadBytes);
  tx.usage.countThings(project, 'queues', -1);
  tx.sql('DELETE FROM queue_counters WHERE queue_id = ?').run(queue.id);
  deleteSubscriptionsOf(tx, queue);
  for (const table of ['queue_history', 'queue_quarters', 'queue_consumers']) {
    tx.sql(`DELETE FROM ${table} WHERE queue_id = ?`).run(queue.id);
  }
  tx.sql('DELETE FROM dead_counters WHERE source_queue_id = ?').run(queue.id);
  tx.sql('UPDATE dead_letter_jobs SET finished = 1 WHERE queue_id = ? AND finished = 0').run(
    queue.id,
  );
  tx.sql('DELETE FROM queues WHERE id = ?').run(queue.id);
  tx.markReady(queue, EVERYBODY);
  tx.forgetQueues();
  return { deleted: true };
}
