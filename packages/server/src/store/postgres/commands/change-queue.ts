import type {
  DeleteQueueCommand,
  OutcomeOf,
  PurgeQueueCommand,
  UpdateQueueCommand,
} from '../../../core/commands/commands.js';
import type { Usage } from '../../../core/limits/storage-limits.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { changeSettings, changes, publicRow } from '../../../core/queue/queue-settings.js';
import { isRefusal, queueInUse, queueNotFound, type Refusal } from '../../../core/refusal.js';
import { EVERYBODY } from '../../../core/store/store.js';
import { sum } from '../../../core/sum.js';
import type { CommitGroup } from '../transaction/commit-group.js';
import { readReachable, reloadQueues } from '../transaction/queue-rows.js';
import type { PostgresTransaction } from '../transaction/transaction.js';
import { deleteSubscriptionsOf } from './push.js';

export async function updateQueue(
  { tx }: CommitGroup,
  queue: QueueEntry,
  { project, settings }: UpdateQueueCommand,
): Promise<OutcomeOf['updateQueue'] | Refusal> {
  const next = settings.deadLetterQueue ?? queue.deadLetterQueue;
  const wanted = changeSettings(queue, settings, await readReachable(tx, project, next));
  if (isRefusal(wanted)) return wanted;
  if (!changes(queue, wanted)) return { queue: publicRow(queue) };
  const deadLetterQueueId =
    wanted.deadLetterQueue === null
      ? null
      : (tx.queue(project, wanted.deadLetterQueue) as QueueEntry).id;
  await tx.pipeline.query(
    `UPDATE millrace.queues SET dead_letter_queue_id = $2, max_retries = $3,
       max_expired_leases = $4, follows_max_retries = $5, message_retention_days = $6,
       visibility_timeout_default_ms = $7, enable_priority = $8, updated_at_ms = $9 WHERE id = $1`,
    [
      queue.id,
      deadLetterQueueId,
      wanted.maxRetries,
      wanted.maxExpiredLeases,
      wanted.followsMaxRetries,
      wanted.messageRetentionDays,
      wanted.visibilityTimeoutDefaultMs,
      wanted.enablePriority,
      tx.nowMs,
    ],
  );
  await reloadQueues(tx);
  const changed = tx.queueById(queue.id);
  return changed === undefined ? queueNotFound(queue.name) : { queue: publicRow(changed) };
}

/** Gives the queue a new bucket, however many messages are in the old one. */
export async function purgeQueue(
  { tx }: CommitGroup,
  queue: QueueEntry,
  _command: PurgeQueueCommand,
): Promise<OutcomeOf['purgeQueue']> {
  tx.flushCounters();
  const purged = await releaseUsage(tx, queue.project, queue.bucketId);
  discardBucket(tx, queue.project, queue.bucketId);
  tx.pipeline.send("UPDATE millrace.queues SET bucket_id = nextval('millrace.ids') WHERE id = $1", [
    queue.id,
  ]);
  await reloadQueues(tx);
  return { purged };
}

export async function deleteQueue(
  { tx }: CommitGroup,
  { project, queue: name }: DeleteQueueCommand,
): Promise<OutcomeOf['deleteQueue'] | Refusal> {
  const queue = tx.queue(project, name);
  if (queue === undefined) return { deleted: false };
  const users = await tx.pipeline.query<{ name: string }>(
    `SELECT name FROM millrace.queues WHERE dead_letter_queue_id = $1 OR id IN (
       SELECT queue_id FROM millrace.push_subscriptions WHERE dead_letter_queue_id = $1)
      ORDER BY name LIMIT 10`,
    [queue.id],
  );
  if (users.length > 0) {
    return queueInUse(
      name,
      users.map((user) => user.name),
    );
  }
  tx.flushCounters();
  discardBucket(tx, project, queue.bucketId);
  discardBucket(tx, project, queue.deadBucketId);
  const send = (sql: string, id: number): void => tx.pipeline.send(sql, [id]);
  await releaseUsage(tx, project, queue.bucketId);
  await releaseUsage(tx, project, queue.deadBucketId);
  tx.usage.countThings(project, 'queues', -1);
  send('DELETE FROM millrace.dead_counters WHERE source_queue_id = $1', queue.id);
  send('UPDATE millrace.dead_letter_jobs SET finished = true WHERE queue_id = $1', queue.id);
  await deleteSubscriptionsOf(tx, queue);
  for (const table of ['queue_history', 'queue_quarters', 'queue_consumers']) {
    send(`DELETE FROM millrace.${table} WHERE queue_id = $1`, queue.id);
  }
  send('DELETE FROM millrace.queues WHERE id = $1', queue.id);
  tx.markReady(queue, EVERYBODY);
  await reloadQueues(tx);
  return { deleted: true };
}

/** Subtracts the contents of the bucket from the counters. @returns how many messages that is */
async function releaseUsage(tx: PostgresTransaction, project: string, bucketId: number) {
  const rows = await tx.pipeline.query<Usage>(
    `DELETE FROM millrace.queue_counters WHERE bucket_id = $1
     RETURNING available + leased + delayed AS messages, bytes`,
    [bucketId],
  );
  const messages = sum(rows.map((row) => row.messages));
  tx.usage.count(project, -messages, -sum(rows.map(({ bytes }) => bytes)));
  return messages;
}

/** The messages of the bucket are swept later and no longer count. */
function discardBucket(tx: PostgresTransaction, project: string, bucketId: number): void {
  tx.pipeline.send('DELETE FROM millrace.dead_counters WHERE bucket_id = $1', [bucketId]);
  tx.pipeline.send(
    `INSERT INTO millrace.discarded_buckets (bucket_id, discarded_at_ms, project)
     VALUES ($1, $2, $3)`,
    [bucketId, tx.nowMs, project],
  );
}
