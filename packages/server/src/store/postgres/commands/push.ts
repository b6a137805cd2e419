import { LIMITS } from '@millrace/protocol/limits';
import type { OutcomeOf } from '../../../core/commands/commands.js';
import type {
  PausePushCommand,
  RecordPushesCommand,
  SealPushCommand,
  SubscribePushCommand,
  UnsubscribePushCommand,
} from '../../../core/commands/push-commands.js';
import {
  type PushSubscriptionRow,
  sealedColumnsOf,
  shownSubscription,
  subscribed,
} from '../../../core/queue/push-subscription.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import {
  isRefusal,
  queueNotFound,
  type Refusal,
  subscriptionNotFound,
} from '../../../core/refusal.js';
import { subscriptionsOf } from '../reads/push-rows.js';
import type { CommitGroup } from '../transaction/commit-group.js';
import { readReachable } from '../transaction/queue-rows.js';
import type { PostgresTransaction } from '../transaction/transaction.js';
import { checkQuotaOf } from './storage.js';

export async function subscribePush(
  { tx }: CommitGroup,
  queue: QueueEntry,
  command: SubscribePushCommand,
): Promise<OutcomeOf['subscribePush'] | Refusal> {
  const { project, settings } = command;
  if (!(await lockQueue(tx, queue))) return queueNotFound(queue.name);
  const all = await subscriptionsOf(tx.pipeline, queue.id);
  const reachableFrom = await readReachable(tx, project, settings.deadLetterQueue);
  const made = subscribed(queue, all, command, tx.nowMs, reachableFrom);
  if (isRefusal(made)) return made;
  const { row, endedSecretUntilMs } = made;
  if (row.subscriptionId === command.subscriptionId) {
    const full = await checkQuotaOf(tx, project, 'subscriptions');
    if (full !== undefined) return full;
    tx.usage.countThings(project, 'subscriptions', 1);
  }
  write(tx, queue, row);
  return { subscription: shownSubscription(row), endedSecretUntilMs };
}

/**
 * Every transaction that creates, changes or deletes subscriptions of a queue locks the queue's row.
 * Otherwise two nodes that subscribe the same url would create two subscriptions, and one that is
 * changed while it is deleted would come back without being counted.
 *
 * @returns false if the queue was deleted
 */
async function lockQueue(tx: PostgresTransaction, { id }: QueueEntry): Promise<boolean> {
  const rows = await tx.pipeline.query('SELECT 1 FROM millrace.queues WHERE id = $1 FOR UPDATE', [
    id,
  ]);
  return rows.length > 0;
}

function write(tx: PostgresTransaction, queue: QueueEntry, row: PushSubscriptionRow): void {
  tx.pipeline.send(
    `INSERT INTO millrace.push_subscriptions (subscription_id, queue_id, url, secret,
       secret_digest, previous_secret, previous_secret_until_ms, max_retries,
       visibility_timeout_ms, dead_letter_queue_id, format, max_in_flight, headers, state,
       paused_reason, created_at_ms, updated_at_ms, url_digest, allowed_message_headers,
       changed_seq)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,
       (SELECT id FROM millrace.queues WHERE project = $10 AND name = $11), $12, $13, $14, $15,
       $16, $17, $18, $19, $20, nextval('millrace.push_changes'))
     ON CONFLICT (subscription_id) DO UPDATE SET url = excluded.url,
       url_digest = excluded.url_digest, secret = excluded.secret,
       secret_digest = excluded.secret_digest, previous_secret = excluded.previous_secret,
       previous_secret_until_ms = excluded.previous_secret_until_ms,
       max_retries = excluded.max_retries, visibility_timeout_ms = excluded.visibility_timeout_ms,
       dead_letter_queue_id = excluded.dead_letter_queue_id, format = excluded.format,
       max_in_flight = excluded.max_in_flight, headers = excluded.headers,
       allowed_message_headers = excluded.allowed_message_headers,
       updated_at_ms = excluded.updated_at_ms, changed_seq = excluded.changed_seq`,
    [
      row.subscriptionId,
      queue.id,
      row.url,
      row.secret,
      row.secretDigest,
      row.previousSecret,
      row.previousSecretUntilMs,
      row.maxRetries,
      row.visibilityTimeoutMs,
      queue.project,
      row.deadLetterQueue,
      row.format,
      row.maxInFlight,
      row.headers,
      row.state,
      row.pausedReason,
      row.createdAtMs,
      row.updatedAtMs,
      row.urlDigest,
      row.allowedMessageHeaders,
    ],
  );
}

export async function unsubscribePush(
  { tx }: CommitGroup,
  queue: QueueEntry,
  { subscriptionId }: UnsubscribePushCommand,
): Promise<OutcomeOf['unsubscribePush'] | Refusal> {
  if (!(await lockQueue(tx, queue))) return queueNotFound(queue.name);
  const gone = await tx.pipeline.query(
    `DELETE FROM millrace.push_subscriptions WHERE subscription_id = $1 AND queue_id = $2
     RETURNING 1`,
    [subscriptionId, queue.id],
  );
  if (gone.length > 0) {
    tx.usage.countThings(queue.project, 'subscriptions', -1);
    tx.pipeline.send('DELETE FROM millrace.push_attempts WHERE subscription_id = $1', [
      subscriptionId,
    ]);
  }
  return { deleted: gone.length > 0 };
}

export async function pausePush(
  { tx }: CommitGroup,
  queue: QueueEntry,
  { subscriptionId, reason }: PausePushCommand,
): Promise<OutcomeOf['pausePush'] | Refusal> {
  tx.pipeline.send(
    `UPDATE millrace.push_subscriptions SET state = $3, paused_reason = $4, updated_at_ms = $5,
       changed_seq = nextval('millrace.push_changes')
      WHERE subscription_id = $1 AND queue_id = $2`,
    [subscriptionId, queue.id, reason === null ? 'active' : 'paused', reason, tx.nowMs],
  );
  const all = await subscriptionsOf(tx.pipeline, queue.id);
  const subscription = all.find((row) => row.subscriptionId === subscriptionId);
  return subscription === undefined
    ? subscriptionNotFound(queue.name, subscriptionId)
    : { subscription: shownSubscription(subscription) };
}

/** Workers keep using the texts they have opened, so other nodes are not told of this change. */
export async function sealPush(
  { tx }: CommitGroup,
  { rows }: SealPushCommand,
): Promise<OutcomeOf['sealPush']> {
  let sealed = 0;
  for (const { subscriptionId, before, after } of rows) {
    const written = await tx.pipeline.query(
      `UPDATE millrace.push_subscriptions SET url = $2, url_digest = $3, headers = $4, secret = $5,
         secret_digest = $6, previous_secret = $7
        WHERE subscription_id = $1 AND (url, url_digest, headers, secret, secret_digest,
          previous_secret) IS NOT DISTINCT FROM ($8::text, $9::text, $10::text, $11::text,
          $12::text, $13::text)
       RETURNING 1`,
      [subscriptionId, ...sealedColumnsOf(after), ...sealedColumnsOf(before)],
    );
    sealed += written.length;
  }
  return { sealed };
}

/** Attempts of a subscription that has been deleted in the meantime are dropped. */
export async function recordPushes(
  { tx }: CommitGroup,
  { subscriptionId, attempts }: RecordPushesCommand,
): Promise<OutcomeOf['recordPushes']> {
  const rows = await tx.pipeline.query(
    `INSERT INTO millrace.push_attempts (subscription_id, at_ms, delivery_id, message_id, attempt,
       status, duration_ms, error)
     SELECT s.subscription_id, a.* FROM millrace.push_subscriptions s
      CROSS JOIN unnest($2::bigint[], $3::text[], $4::text[], $5::integer[], $6::integer[],
        $7::bigint[], $8::text[]) AS a
      WHERE s.subscription_id = $1
     ON CONFLICT DO NOTHING RETURNING 1`,
    [
      subscriptionId,
      attempts.map(({ atMs }) => atMs),
      attempts.map(({ deliveryId }) => deliveryId),
      attempts.map(({ messageId }) => messageId),
      attempts.map(({ attempt }) => attempt),
      attempts.map(({ status }) => status),
      attempts.map(({ durationMs }) => durationMs),
      attempts.map(({ error }) => error),
    ],
  );
  tx.pipeline.send(
    `DELETE FROM millrace.push_attempts WHERE subscription_id = $1 AND (at_ms, delivery_id) <= (
       SELECT at_ms, delivery_id FROM millrace.push_attempts WHERE subscription_id = $1
        ORDER BY at_ms DESC, delivery_id DESC LIMIT 1 OFFSET ${LIMITS.pushDeliveriesKept})`,
    [subscriptionId],
  );
  return { recorded: rows.length > 0 };
}

/** Deletes the push subscriptions of a queue that is deleted. */
export async function deleteSubscriptionsOf(
  tx: PostgresTransaction,
  queue: QueueEntry,
): Promise<void> {
  const { id, project } = queue;
  // Commands that wait for this lock then find no queue.
  await lockQueue(tx, queue);
  tx.pipeline.send(
    `DELETE FROM millrace.push_attempts WHERE subscription_id IN (
       SELECT subscription_id FROM millrace.push_subscriptions WHERE queue_id = $1)`,
    [id],
  );
  const gone = await tx.pipeline.query(
    'DELETE FROM millrace.push_subscriptions WHERE queue_id = $1 RETURNING 1',
    [id],
  );
  tx.usage.countThings(project, 'subscriptions', -gone.length);
}
