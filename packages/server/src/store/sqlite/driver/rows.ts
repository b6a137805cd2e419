import type { Scope } from '@millrace/protocol';
import type { KeyRow, LeasedMessage, StoredMessage } from '../../../core/queue/commands.js';
import type { DeadLetterReason } from '../../../core/queue/message-state.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { type QueueColumns, queueEntryOf } from '../../../core/queue/queue-settings.js';
import type { MessageEntry } from '../../../core/queue/transaction.js';
import type { Values } from './statements.js';

/** The columns of a queue, with the name of its dead-letter queue; `q` is the queue. */
export const QUEUE_COLUMNS = `q.id, q.project, q.name, q.type, d.name AS deadLetterQueue,
  q.max_retries AS maxRetries, q.max_expired_leases AS givenMaxExpiredLeases,
  q.follows_max_retries AS followsMaxRetries, q.message_retention_days AS messageRetentionDays,
  q.visibility_timeout_default_ms AS visibilityTimeoutDefaultMs,
  q.enable_priority AS enablePriority, q.created_at_ms AS createdAtMs,
  q.updated_at_ms AS updatedAtMs, q.bucket_id AS bucketId, q.dead_bucket_id AS deadBucketId,
  q.dead_letter_queue_id AS deadLetterQueueId`;

export const QUEUE_FROM = 'queues q LEFT JOIN queues d ON d.id = q.dead_letter_queue_id';

export function queueEntry(row: unknown): QueueEntry {
  const columns = row as QueueColumns & { enablePriority: unknown; followsMaxRetries: unknown };
  return queueEntryOf({
    ...columns,
    enablePriority: Boolean(columns.enablePriority),
    followsMaxRetries: Boolean(columns.followsMaxRetries),
  });
}

/** A message as decisions see it, with the id of its row. */
export interface MessageRow extends MessageEntry {
  readonly id: number;
}

export const MESSAGE_COLUMNS = `id, message_id, bucket_id, state, receipt, seq, group_id, group_key,
  due_at_ms, lease_end, nacks, priority, first_available_at_ms, leased_at_ms, source_queue_id,
  leased_by, bytes, failure_log, expired_leases, source_queue, dead_lettered_at_ms,
  dead_letter_reason, earlier_sources`;

/** @param values of MESSAGE_COLUMNS */
export const messageRow = (values: Values): MessageRow =>
  ({
    id: values[0],
    messageId: values[1],
    bucketId: values[2],
    state: values[3],
    receipt: values[4],
    seq: values[5],
    groupId: values[6],
    groupKey: values[7],
    dueAtMs: values[8],
    leaseEnd: values[9],
    nacks: values[10],
    priority: values[11],
    firstAvailableAtMs: values[12],
    leasedAtMs: values[13],
    sourceQueueId: values[14],
    leasedBy: values[15],
    bytes: values[16],
    failureLog: values[17],
    expiredLeases: values[18],
    sourceQueue: values[19],
    deadLetteredAtMs: values[20],
    deadLetterReason: values[21],
    earlierSources: values[22],
  }) as MessageRow;

/** A message with its body, for an answer; `m` is the message and `b` its body. */
export const STORED_COLUMNS = `m.message_id AS messageId, b.payload, b.headers, m.priority,
  m.group_id AS groupId, m.deduplication_id AS deduplicationId, m.enqueued_at_ms AS enqueuedAtMs,
  m.delivery_count AS deliveryCount, m.source_queue AS sourceQueue,
  m.dead_lettered_at_ms AS deadLetteredAtMs, m.dead_letter_reason AS deadLetterReason,
  m.last_error AS lastError, m.nacks`;

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
    deadLetterReason: row.deadLetterReason as DeadLetterReason | null,
    lastError: row.lastError,
  };
}

/**
 * Copies field by field, because every leased message lengthens the commit group, and copying an object
 * with `...` takes several times as long.
 *
 * @param row with the columns of STORED_COLUMNS
 */
export const leasedMessage = (
  row: StoredMessage & { readonly nacks: number },
  lease: {
    readonly receipt: string;
    readonly leaseExpiresAtMs: number;
    readonly deliveryCount: number;
  },
): LeasedMessage => ({
  messageId: row.messageId,
  payload: row.payload,
  headers: row.headers,
  priority: row.priority,
  groupId: row.groupId,
  deduplicationId: row.deduplicationId,
  enqueuedAtMs: row.enqueuedAtMs,
  deliveryCount: lease.deliveryCount,
  sourceQueue: row.sourceQueue,
  deadLetteredAtMs: row.deadLetteredAtMs,
  deadLetterReason: row.deadLetterReason as DeadLetterReason | null,
  lastError: row.lastError,
  nacks: row.nacks,
  receipt: lease.receipt,
  leaseExpiresAtMs: lease.leaseExpiresAtMs,
});

export const KEY_COLUMNS = `key_id AS keyId, name, project, scopes, secret_hash AS secretHash,
  created_at_ms AS createdAtMs, expires_at_ms AS expiresAtMs, revoked_at_ms AS revokedAtMs,
  last_used_at_ms AS lastUsedAtMs`;

export function keyRow(row: unknown): KeyRow {
  const columns = row as Omit<KeyRow, 'scopes'> & { scopes: string };
  return { ...columns, scopes: columns.scopes.split(' ') as Scope[] };
}
