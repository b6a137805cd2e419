import type { LeasedMessage, StoredMessage } from '../commands/commands.js';
import type { MessageEntry } from './transaction.js';

/**
 * The fields of a message, defined once for both stores: the columns, the values passed between threads
 * and the objects are made from these lists. Each field is written out because every leased message
 * passes through here, and access by a variable name takes twenty times as long.
 */

/** @param values the values of STORED_FIELDS, starting at `at` */
export const storedMessageOf = (values: readonly unknown[], at = 0): StoredMessage => ({
  messageId: values[at] as never,
  payload: values[at + 1] as never,
  headers: values[at + 2] as never,
  priority: values[at + 3] as never,
  groupId: values[at + 4] as never,
  deduplicationId: values[at + 5] as never,
  enqueuedAtMs: values[at + 6] as never,
  deliveryCount: values[at + 7] as never,
  sourceQueue: values[at + 8] as never,
  deadLetteredAtMs: values[at + 9] as never,
  deadLetterReason: values[at + 10] as never,
  lastError: values[at + 11] as never,
});

export const STORED_FIELDS = Object.keys(storedMessageOf([])) as (keyof StoredMessage)[];

/** Takes from a row only the fields of an answer. */
export const storedMessage = (row: StoredMessage): StoredMessage => ({
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
});

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };
type Lease = Omit<LeasedMessage, keyof StoredMessage>;

/** @param message is changed into the leased message: a copy would take longer than everything else */
export function withLease(
  message: StoredMessage,
  { nacks, receipt, leaseExpiresAtMs }: Lease,
): LeasedMessage {
  const leased = message as Mutable<LeasedMessage>;
  leased.nacks = nacks;
  leased.receipt = receipt;
  leased.leaseExpiresAtMs = leaseExpiresAtMs;
  return leased;
}

/** Appends the values of STORED_FIELDS. */
export const pushStored = (values: unknown[], message: StoredMessage): number =>
  values.push(
    message.messageId,
    message.payload,
    message.headers,
    message.priority,
    message.groupId,
    message.deduplicationId,
    message.enqueuedAtMs,
    message.deliveryCount,
    message.sourceQueue,
    message.deadLetteredAtMs,
    message.deadLetterReason,
    message.lastError,
  );

/** @param values the values of ENTRY_FIELDS */
export const messageEntryOf = (values: readonly unknown[]): MessageEntry => ({
  messageId: values[0] as never,
  bucketId: values[1] as never,
  state: values[2] as never,
  receipt: values[3] as never,
  seq: values[4] as never,
  groupId: values[5] as never,
  groupKey: values[6] as never,
  dueAtMs: values[7] as never,
  leaseEnd: values[8] as never,
  nacks: values[9] as never,
  priority: values[10] as never,
  firstAvailableAtMs: values[11] as never,
  leasedAtMs: values[12] as never,
  sourceQueueId: values[13] as never,
  leasedBy: values[14] as never,
  bytes: values[15] as never,
  failureLog: values[16] as never,
  expiredLeases: values[17] as never,
  sourceQueue: values[18] as never,
  deadLetteredAtMs: values[19] as never,
  deadLetterReason: values[20] as never,
  earlierSources: values[21] as never,
});

export const ENTRY_FIELDS = Object.keys(messageEntryOf([])) as (keyof MessageEntry)[];
