import { LIMITS } from '@millrace/protocol/limits';
import type { OutcomeOf } from '../../../core/commands/commands.js';
import type {
  PausePushCommand,
  RecordPushesCommand,
  SealPushCommand,
  SubscribePushCommand,
  UnsubscribePushCommand,
} from '../../../core/commands/push-commands.js';
import { checkQuota } from '../../../core/limits/storage-limits.js';
import {
  type PushSubscriptionRow,
  sealedColumnsOf,
  shownSubscription,
  subscribed,
} from '../../../core/queue/push-subscription.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { isRefusal, type Refusal, subscriptionNotFound } from '../../../core/refusal.js';
import { subscriptionsOf } from '../reads/push-rows.js';
import type { SqliteTransaction } from '../transaction/transaction.js';

export function subscribePush(
  tx: SqliteTransaction,
  queue: QueueEntry,
  command: SubscribePushCommand,
): OutcomeOf['subscribePush'] | Refusal {
  const all = subscriptionsOf(tx.statements, queue.id);
  const reachableFrom = (name: string) => tx.reachableFrom(queue.project, name);
  const made = subscribed(queue, all, command, tx.nowMs, reachableFrom);
  if (isRefusal(made)) return made;
  const { row, endedSecretUntilMs } = made;
  if (row.subscriptionId === command.subscriptionId) {
    const full = checkQuota(tx.room, queue.project, 'subscriptions');
    if (full !== undefined) return full;
    tx.usage.countThings(queue.project, 'subscriptions', 1);
  }
  write(tx, queue, row);
  return { subscription: shownSubscription(row), endedSecretUntilMs };
}

function write(tx: SqliteTransaction, queue: QueueEntry, row: PushSubscriptionRow): void {
  const deadLetterQueue =
    row.deadLetterQueue === null ? undefined : tx.queue(queue.project, row.deadLetterQueue);
  tx.sql(
    `INSERT OR REPLACE INTO push_subscriptions (subscription_id, queue_id, url, url_digest,
       secret, secret_digest, previous_secret, previous_secret_until_ms, max_retries,
       visibility_timeout_ms, dead_letter_queue_id, format, max_in_flight, headers,
       allowed_message_headers, state, paused_reason, created_at_ms, updated_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    row.subscriptionId,
    queue.id,
    row.url,
    row.urlDigest,
    row.secret,
    row.secretDigest,
    row.previousSecret,
    row.previousSecretUntilMs,
    row.maxRetries,
    row.visibilityTimeoutMs,
    deadLetterQueue?.id ?? null,
    row.format,
    row.maxInFlight,
    row.headers,
    row.allowedMessageHeaders,
    row.state,
    row.pausedReason,
    row.createdAtMs,
    row.updatedAtMs,
  );
}

export function unsubscribePush(
  tx: SqliteTransaction,
  queue: QueueEntry,
  { subscriptionId }: UnsubscribePushCommand,
): OutcomeOf['unsubscribePush'] {
  const { changes } = tx
    .sql('DELETE FROM push_subscriptions WHERE subscription_id = ? AND queue_id = ?')
    .run(subscriptionId, queue.id);
  if (changes > 0) {
    tx.usage.countThings(queue.project, 'subscriptions', -1);
    tx.sql('DELETE FROM push_attempts WHERE subscription_id = ?').run(subscriptionId);
  }
  return { deleted: changes > 0 };
}

export function pausePush(
  tx: SqliteTransaction,
  queue: QueueEntry,
  { subscriptionId, reason }: PausePushCommand,
): OutcomeOf['pausePush'] | Refusal {
  tx.sql(
    `UPDATE push_subscriptions SET state = ?, paused_reason = ?, updated_at_ms = ?
      WHERE subscription_id = ? AND queue_id = ?`,
  ).run(reason === null ? 'active' : 'paused', reason, tx.nowMs, subscriptionId, queue.id);
  const subscription = subscriptionsOf(tx.statements, queue.id).find(
    (row) => row.subscriptionId === subscriptionId,
  );
  return subscription === undefined
    ? subscriptionNotFound(queue.name, subscriptionId)
    : { subscription: shownSubscription(subscription) };
}

export function sealPush(tx: SqliteTransaction, { rows }: SealPushCommand): OutcomeOf['sealPush'] {
  const update = tx.sql(
    `UPDATE push_subscriptions SET url = ?, url_digest = ?, headers = ?, secret = ?,
       secret_digest = ?, previous_secret = ?
      WHERE subscription_id = ? AND url IS ? AND url_digest IS ? AND headers IS ? AND secret IS ?
        AND secret_digest IS ? AND previous_secret IS ?`,
  );
  let sealed = 0;
  for (const { subscriptionId, before, after } of rows) {
    sealed += update.run(
      ...sealedColumnsOf(after),
      subscriptionId,
      ...sealedColumnsOf(before),
    ).changes;
  }
  return { sealed };
}

/** Attempts of a subscription that has been deleted in the meantime are dropped. */
export function recordPushes(
  tx: SqliteTransaction,
  { subscriptionId, attempts }: RecordPushesCommand,
): OutcomeOf['recordPushes'] {
  const exists = tx
    .sql('SELECT 1 FROM push_subscriptions WHERE subscription_id = ?')
    .get(subscriptionId);
  if (exists === undefined) return { recorded: false };
  const insert = tx.sql(
    `INSERT OR IGNORE INTO push_attempts (subscription_id, at_ms, delivery_id, message_id, attempt,
       status, duration_ms, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const { deliveryId, atMs, messageId, attempt, status, durationMs, error } of attempts) {
    insert.run(subscriptionId, atMs, deliveryId, messageId, attempt, status, durationMs, error);
  }
  tx.sql(
    `DELETE FROM push_attempts WHERE subscription_id = @id AND (at_ms, delivery_id) <= (
       SELECT at_ms, delivery_id FROM push_attempts WHERE subscription_id = @id
        ORDER BY at_ms DESC, delivery_id DESC LIMIT 1 OFFSET ${LIMITS.pushDeliveriesKept})`,
  ).run({ id: subscriptionId });
  return { recorded: true };
}

/** Deletes the push subscriptions of a queue that is deleted. */
export function deleteSubscriptionsOf(tx: SqliteTransaction, queue: QueueEntry): void {
  tx.sql(
    `DELETE FROM push_attempts WHERE subscription_id IN (
       SELECT subscription_id FROM push_subscriptions WHERE queue_id = ?)`,
  ).run(queue.id);
  const { changes } = tx.sql('DELETE FROM push_subscriptions WHERE queue_id = ?').run(queue.id);
  tx.usage.countThings(queue.project, 'subscriptions', -changes);
}
