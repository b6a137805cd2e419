import type {
  PushAttempt,
  PushPolicy,
  PushSubscriptionEntry,
} from '../../../core/queue/push-subscription.js';
import type { Pipeline } from '../driver/pipeline.js';
import { deadLetterQueueOf } from './rows.js';

const SUBSCRIPTIONS = `SELECT s.subscription_id AS "subscriptionId", s.queue_id AS "queueId",
    q.project, q.name AS queue, q.type AS "queueType", s.url, s.url_digest AS "urlDigest",
    s.secret, s.secret_digest AS "secretDigest",
    s.previous_secret AS "previousSecret", s.previous_secret_until_ms AS "previousSecretUntilMs",
    s.max_retries AS "maxRetries", s.visibility_timeout_ms AS "visibilityTimeoutMs",
    s.dead_letter_queue_id AS "deadLetterQueueId", d.name AS "deadLetterQueue", s.format,
    s.max_in_flight AS "maxInFlight", s.headers,
    s.allowed_message_headers AS "allowedMessageHeaders", s.state, s.paused_reason AS "pausedReason",
    s.created_at_ms AS "createdAtMs", s.updated_at_ms AS "updatedAtMs",
    s.changed_seq AS "changedSeq"
  FROM millrace.push_subscriptions s
  CROSS JOIN LATERAL (SELECT * FROM millrace.queues WHERE id = s.queue_id LIMIT 1) AS q
  LEFT JOIN ${deadLetterQueueOf('s')} AS d ON true`;

export const subscriptionsOf = (
  pipeline: Pipeline,
  queueId: number,
): Promise<PushSubscriptionEntry[]> =>
  pipeline.query<PushSubscriptionEntry>(
    `${SUBSCRIPTIONS} WHERE s.queue_id = $1 ORDER BY s.subscription_id`,
    [queueId],
  );

export const activeSubscriptions = (
  pipeline: Pipeline,
  after: string,
  limit: number,
): Promise<PushSubscriptionEntry[]> =>
  pipeline.query<PushSubscriptionEntry>(
    `${SUBSCRIPTIONS} WHERE s.state = 'active' AND s.subscription_id > $1
      ORDER BY s.subscription_id LIMIT $2`,
    [after, limit],
  );

export const allSubscriptions = (
  pipeline: Pipeline,
  after: string,
  limit: number,
): Promise<PushSubscriptionEntry[]> =>
  pipeline.query<PushSubscriptionEntry>(
    `${SUBSCRIPTIONS} WHERE s.subscription_id > $1 ORDER BY s.subscription_id LIMIT $2`,
    [after, limit],
  );

export const changedSubscriptions = (
  pipeline: Pipeline,
  afterSeq: number,
  limit: number,
): Promise<PushSubscriptionEntry[]> =>
  pipeline.query<PushSubscriptionEntry>(
    `${SUBSCRIPTIONS} WHERE s.changed_seq > $1 ORDER BY s.changed_seq LIMIT $2`,
    [afterSeq, limit],
  );

export const pushAttempts = (
  pipeline: Pipeline,
  subscriptionId: string,
  limit: number,
): Promise<PushAttempt[]> =>
  pipeline.query<PushAttempt>(
    `SELECT at_ms AS "atMs", delivery_id AS "deliveryId", message_id AS "messageId", attempt,
       status, duration_ms AS "durationMs", error
       FROM millrace.push_attempts WHERE subscription_id = $1
      ORDER BY at_ms DESC, delivery_id DESC LIMIT $2`,
    [subscriptionId, limit],
  );

export const pushPolicies = (
  pipeline: Pipeline,
  subscriptionIds: readonly string[],
): Promise<(PushPolicy & { subscriptionId: string })[]> =>
  pipeline.query(
    `SELECT subscription_id AS "subscriptionId", queue_id AS "queueId", state,
       max_retries AS "maxRetries",
       dead_letter_queue_id AS "deadLetterQueueId"
       FROM millrace.push_subscriptions WHERE subscription_id = ANY ($1::text[])`,
    [subscriptionIds],
  );
