import type { LeasedMessage, StoredMessage } from '../commands/commands.js';
import type { MessageEntry } from './transaction.js';

/**
 * The fields of a message, defined once for both stores: the columns, the values passed between threads
 * and the objects are made from these lists. Each field is written out because every leased message
 * passes through here, and access by a variable name takes twenty times as long.
 */

/** @param values the values of STORED_FIELDS, starting at `at` */
export const storedMessageOf = (values: readonly unknown[], at = 0): StoredMessage =>
  ({
    messageId: values[at],
    payload: values[at + 1],
    headers: values[at + 2],
    priority: values[at + 3],
    groupId: values[at + 4],
    deduplicationId: values[at + 5],
    enqueuedAtMs: values[at + 6],
    deliveryCount: values[at + 7],
    sourceQueue: values[at + 8],
    deadLetteredAtMs: values[at + 9],
    deadLetterReason: values[at + 10],
    lastError: values[at + 11],
  }) as StoredMessage;

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
export const messageEntryOf = (values: readonly unknown[]): MessageEntry =>
  ({
    messageId: values[0],
    bucketId: values[1],
    state: values[2],
    receipt: values[3],
    seq: values[4],
    groupId: values[5],
    groupKey: values[6],
    dueAtMs: values[7],
    leaseEnd: values[8],
    nacks: values[9],
    priority: values[10],
    firstAvailableAtMs: values[11],
    leasedAtMs: values[12],
    sourceQueueId: values[13],
    leasedBy: values[14],
    bytes: values[15],
    failureLog: values[16],
    expiredLeases: values[17],
    sourceQueue: values[18],
    deadLetteredAtMs: values[19],
    deadLetterReason: values[20],
    earlierSources: values[21],
  }) as MessageEntry;

export const ENTRY_FIELDS = Object.keys(messageEntryOf([])) as (keyof MessageEntry)[];
