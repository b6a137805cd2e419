import type { PushAttempt, PushSubscriptionEntry } from '../../../core/queue/push-subscription.js';
import type { Statements } from '../driver/statements.js';

const SUBSCRIPTIONS = `SELECT s.subscription_id AS subscriptionId, s.queue_id AS queueId, q.project,
    q.name AS queue, q.type AS queueType, s.url, s.url_digest AS urlDigest, s.secret, s.secret_digest AS secretDigest,
    s.previous_secret AS previousSecret, s.previous_secret_until_ms AS previousSecretUntilMs,
    s.max_retries AS maxRetries, s.visibility_timeout_ms AS visibilityTimeoutMs,
    s.dead_letter_queue_id AS deadLetterQueueId, d.name AS deadLetterQueue, s.format,
    s.max_in_flight AS maxInFlight, s.headers,
    s.allowed_message_headers AS allowedMessageHeaders, s.state, s.paused_reason AS pausedReason,
    s.created_at_ms AS createdAtMs, s.updated_at_ms AS updatedAtMs, 0 AS changedSeq
  FROM push_subscriptions s JOIN queues q ON q.id = s.queue_id
  LEFT JOIN queues d ON d.id = s.dead_letter_queue_id`;

export const subscriptionsOf = (statements: Statements, queueId: number): PushSubscriptionEntry[] =>
  statements
    .get(`${SUBSCRIPTIONS} WHERE s.queue_id = ? ORDER BY s.subscription_id`)
    .all(queueId) as PushSubscriptionEntry[];

export const activeSubscriptions = (
  statements: Statements,
  after: string,
  limit: number,
): PushSubscriptionEntry[] =>
  statements
    .get(
      `${SUBSCRIPTIONS} WHERE s.state = 'active' AND s.subscription_id > ?
        ORDER BY s.subscription_id LIMIT ?`,
    )
    .all(after, limit) as PushSubscriptionEntry[];

export const allSubscriptions = (
  statements: Statements,
  after: string,
  limit: number,
): PushSubscriptionEntry[] =>
  statements
    .get(`${SUBSCRIPTIONS} WHERE s.subscription_id > ? ORDER BY s.subscription_id LIMIT ?`)
    .all(after, limit) as PushSubscriptionEntry[];

export const pushAttempts = (
  statements: Statements,
  subscriptionId: string,
  limit: number,
): PushAttempt[] =>
  statements
    .get(
      `SELECT at_ms AS atMs, delivery_id AS deliveryId, message_id AS messageId, attempt, status,
         duration_ms AS durationMs, error
         FROM push_attempts WHERE subscription_id = ?
        ORDER BY at_ms DESC, delivery_id DESC LIMIT ?`,
    )
    .all(subscriptionId, limit) as PushAttempt[];
