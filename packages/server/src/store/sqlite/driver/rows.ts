import type { Scope } from '@millrace/protocol';
import type { KeyRow } from '../../../core/commands/commands.js';
import { ENTRY_FIELDS, messageEntryOf, STORED_FIELDS } from '../../../core/queue/message-fields.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { type QueueColumns, queueEntryOf } from '../../../core/queue/queue-settings.js';
import type { MessageEntry } from '../../../core/queue/transaction.js';
import { columnName, columnsOf } from '../../../core/store/columns.js';
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

export const MESSAGE_COLUMNS = [...ENTRY_FIELDS, 'id'].map(columnName).join(', ');

/** @param values of MESSAGE_COLUMNS */
export function messageRow(values: Values): MessageRow {
  const row = messageEntryOf(values) as MessageEntry & { id: number };
  row.id = values[ENTRY_FIELDS.length] as number;
  return row;
}

const ofBody = (field: string): boolean => field === 'payload' || field === 'headers';

/** A message with its body, for an answer, in the order of STORED_FIELDS; `m` is the message and `b` its body. */
export const STORED_COLUMNS = STORED_FIELDS.map((field) =>
  columnsOf([field], ofBody(field) ? 'b' : 'm'),
).join(', ');

export const KEY_COLUMNS = `key_id AS keyId, name, project, scopes, secret_hash AS secretHash,
  created_at_ms AS createdAtMs, expires_at_ms AS expiresAtMs, revoked_at_ms AS revokedAtMs,
  last_used_at_ms AS lastUsedAtMs`;

export function keyRow(row: unknown): KeyRow {
  const columns = row as Omit<KeyRow, 'scopes'> & { scopes: string };
  return { ...columns, scopes: columns.scopes.split(' ') as Scope[] };
}
