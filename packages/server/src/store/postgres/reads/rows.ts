import type { Scope } from '@millrace/protocol';
import type { KeyRow, StoredMessage } from '../../../core/queue/commands.js';
import type { MessageEntry } from '../../../core/queue/transaction.js';

/** The columns of a queue, with the name of its dead-letter queue; `q` is the queue. */
export const QUEUE_COLUMNS = `q.id, q.project, q.name, q.type, d.name AS "deadLetterQueue",
  q.max_retries AS "maxRetries", q.max_expired_leases AS "givenMaxExpiredLeases",
  q.follows_max_retries AS "followsMaxRetries", q.message_retention_days AS "messageRetentionDays",
  q.visibility_timeout_default_ms AS "visibilityTimeoutDefaultMs",
  q.enable_priority AS "enablePriority", q.created_at_ms AS "createdAtMs",
  q.updated_at_ms AS "updatedAtMs", q.bucket_id AS "bucketId",
  q.dead_bucket_id AS "deadBucketId", q.dead_letter_queue_id AS "deadLetterQueueId"`;

/** At most one row, by its key: see `rowOf`. */
export const deadLetterQueueOf = (of: string): string =>
  `LATERAL (SELECT d.* FROM millrace.queues d WHERE d.id = ${of}.dead_letter_queue_id LIMIT 1)`;

export const QUEUE_FROM = `millrace.queues q LEFT JOIN ${deadLetterQueueOf('q')} AS d ON true`;

/** A message as decisions see it. */
export type MessageRow = MessageEntry;

/** Few callers need the other columns; the failure log may take a hundred times as much as these. */
export const MESSAGE_COLUMNS_BUT_LOG = `m.message_id AS "messageId", m.bucket_id AS "bucketId", m.state,
  m.seq, m.group_id AS "groupId", m.group_key AS "groupKey",
  m.receipt, m.lease_end AS "leaseEnd", m.nacks, m.expired_leases AS "expiredLeases", m.priority,
  m.first_available_at_ms AS "firstAvailableAtMs", m.leased_at_ms AS "leasedAtMs",
  m.source_queue_id AS "sourceQueueId", m.due_at_ms AS "dueAtMs", m.leased_by AS "leasedBy",
  m.bytes`;

export const MESSAGE_COLUMNS = `${MESSAGE_COLUMNS_BUT_LOG}, m.failure_log AS "failureLog",
  m.source_queue AS "sourceQueue", m.dead_lettered_at_ms AS "deadLetteredAtMs",
  m.dead_letter_reason AS "deadLetterReason", m.earlier_sources AS "earlierSources"`;

/** The columns of a message in an answer, without its payload and headers. */
export const STORED_COLUMNS_BUT_HEADERS = `m.message_id AS "messageId", m.priority,
  m.group_id AS "groupId", m.deduplication_id AS "deduplicationId",
  m.enqueued_at_ms AS "enqueuedAtMs", m.delivery_count AS "deliveryCount",
  m.source_queue AS "sourceQueue", m.dead_lettered_at_ms AS "deadLetteredAtMs",
  m.dead_letter_reason AS "deadLetterReason", m.last_error AS "lastError", m.nacks`;

/** The same with its headers, but without its payload. */
export const STORED_COLUMNS = `${STORED_COLUMNS_BUT_HEADERS}, m.headers`;

export function storedMessage(row: StoredMessage): StoredMessage {
  return {
    messageId: row.messageId,
    payload: row.payload,
    headers: row.headers,
    priority: row.priority,
    groupId: row.groupId,
    deduplicationId: row.deduplicationId,
    enqueuedAtMs: row.enqueuedAtMs,
    deliveryCount: row.deliveryCount,
    sourceQueue: row.sourceQueue,
    deadLetteredAtMs: row.deadLetteredAtMs,
    deadLetterReason: row.deadLetterReason,
    lastError: row.lastError,
  };
}

export const KEY_COLUMNS = `key_id AS "keyId", name, project, scopes, secret_hash AS "secretHash",
  created_at_ms AS "createdAtMs", expires_at_ms AS "expiresAtMs", revoked_at_ms AS "revokedAtMs",
  last_used_at_ms AS "lastUsedAtMs"`;

export function keyRow(row: unknown): KeyRow {
  const columns = row as Omit<KeyRow, 'scopes'> & { scopes: string };
  return { ...columns, name: columns.name, scopes: columns.scopes.split(' ') as Scope[] };
}
