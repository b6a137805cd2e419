import type { Scope } from '@millrace/protocol';
import type { KeyRow } from '../../../core/commands/commands.js';
import { ENTRY_FIELDS, STORED_FIELDS } from '../../../core/queue/message-fields.js';
import type { MessageEntry } from '../../../core/queue/transaction.js';
import { columnsOf } from '../../../core/store/columns.js';

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

const without = (fields: readonly string[], ...left: string[]): string[] =>
  fields.filter((field) => !left.includes(field));

export const MESSAGE_COLUMNS = columnsOf(ENTRY_FIELDS, 'm');

/** What an answer says of a message, but for its payload. */
export const STORED_COLUMNS = columnsOf([...without(STORED_FIELDS, 'payload'), 'nacks'], 'm');

/** What is large: it comes with the lease, since many are locked and few of them taken. */
const LARGE = ['failureLog', 'earlierSources', 'payload', 'headers'];

/** All of a message that is ready but what is large, of which there are nulls. */
export const READY_COLUMNS = [
  columnsOf(without([...new Set([...ENTRY_FIELDS, ...STORED_FIELDS])], ...LARGE), 'm'),
  ...without(LARGE, 'payload').map((field) => `NULL::text AS "${field}"`),
].join(', ');

export const KEY_COLUMNS = `key_id AS "keyId", name, project, scopes, secret_hash AS "secretHash",
  created_at_ms AS "createdAtMs", expires_at_ms AS "expiresAtMs", revoked_at_ms AS "revokedAtMs",
  last_used_at_ms AS "lastUsedAtMs"`;

export function keyRow(row: unknown): KeyRow {
  const columns = row as Omit<KeyRow, 'scopes'> & { scopes: string };
  return { ...columns, name: columns.name, scopes: columns.scopes.split(' ') as Scope[] };
}
