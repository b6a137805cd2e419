import type {
  Accepted,
  AckCommand,
  Command,
  ConsumeCommand,
  DeliveryRef,
  LeasedMessage,
  NewMessage,
  Outcome,
  PublishCommand,
} from '../../../core/commands/commands.js';
import {
  pushStored,
  STORED_FIELDS,
  storedMessageOf,
  withLease,
} from '../../../core/queue/message-fields.js';

/**
 * Encodes commands and outcomes for messages between threads. Copying an object writes the name of every
 * field, so publish, consume and ack, which are most of the traffic, are sent as rows of values. The
 * outcome of a publish or an ack that fully succeeded is sent as a single constant.
 */
export type PackedCommand =
  | readonly unknown[]
  | Exclude<Command, PublishCommand | ConsumeCommand | AckCommand>;
export type PackedOutcome = readonly unknown[] | typeof AS_ASKED | Outcome;

const AS_ASKED = 1;

/**
 * How one of several items is written as values in a row. The fields are written out rather than looped
 * over, because each message passes through here and access by a variable name is slow.
 */
interface RowFormat<T> {
  readonly size: number;
  add(row: unknown[], item: T): void;
  /** @param values the row; the item has `size` of them, from `at` on */
  read(values: readonly unknown[], at: number): T;
}

const NEW_MESSAGE: RowFormat<NewMessage> = {
  size: 7,
  add: (row, { messageId, payload, headers, delayMs, priority, groupId, deduplicationId }) =>
    row.push(messageId, payload, headers, delayMs, priority, groupId, deduplicationId),
  read: (values, at) => ({
    messageId: values[at] as never,
    payload: values[at + 1] as never,
    headers: values[at + 2] as never,
    delayMs: values[at + 3] as never,
    priority: values[at + 4] as never,
    groupId: values[at + 5] as never,
    deduplicationId: values[at + 6] as never,
  }),
};

const ACK_ENTRY: RowFormat<DeliveryRef> = {
  size: 2,
  add: (row, { messageId, receipt }) => row.push(messageId, receipt),
  read: (values, at) => ({ messageId: values[at], receipt: values[at + 1] }) as DeliveryRef,
};

const STORED = STORED_FIELDS.length;

const LEASED_MESSAGE: RowFormat<LeasedMessage> = {
  size: STORED + 3,
  add: (row, message) => {
    pushStored(row, message);
    row.push(message.nacks, message.receipt, message.leaseExpiresAtMs);
  },
  read: (values, at) =>
    withLease(storedMessageOf(values, at), {
      nacks: values[at + STORED] as number,
      receipt: values[at + STORED + 1] as string,
      leaseExpiresAtMs: values[at + STORED + 2] as number,
    }),
};

export function packCommand(command: Command): PackedCommand {
  switch (command.kind) {
    case 'publish': {
      const { kind, project, queue, idempotency, autoCreate, batch, messages } = command;
      const head = [kind, project, queue, idempotency, autoCreate, batch];
      return addRows(head, NEW_MESSAGE, messages);
    }
    case 'consume':
      return [
        command.kind,
        command.project,
        command.queue,
        command.idempotency,
        command.autoCreate,
        command.maxMessages,
        command.maxBytes,
        command.visibilityTimeoutMs,
        command.receiptPrefix,
        command.onePerMessageGroup,
        command.keyId,
        command.strict,
      ];
    case 'ack': {
      const { kind, project, queue, idempotency, batch, entries } = command;
      return addRows([kind, project, queue, idempotency, batch], ACK_ENTRY, entries);
    }
    default:
      return command;
  }
}

export function unpackCommand(packed: PackedCommand): Command {
  if (!isRow(packed)) return packed;
  const [kind, project, queue, idempotency] = packed;
  const target = { project, queue, idempotency };
  if (kind === 'publish') {
    const messages = readRows(packed, 6, NEW_MESSAGE);
    return { kind, ...target, autoCreate: packed[4], batch: packed[5], messages } as PublishCommand;
  }
  if (kind === 'ack') {
    const entries = readRows(packed, 5, ACK_ENTRY);
    return { kind, ...target, batch: packed[4], entries } as AckCommand;
  }
  return {
    kind,
    ...target,
    autoCreate: packed[4],
    maxMessages: packed[5],
    maxBytes: packed[6],
    visibilityTimeoutMs: packed[7],
    receiptPrefix: packed[8],
    onePerMessageGroup: packed[9],
    keyId: packed[10],
    strict: packed[11],
  } as ConsumeCommand;
}

export function packOutcome(command: Command, outcome: Outcome): PackedOutcome {
  if (!outcome.ok) return outcome;
  if (command.kind === 'publish') return isAsSent(command, outcome) ? AS_ASKED : outcome;
  if (command.kind === 'ack') return isAllAcked(outcome) ? AS_ASKED : outcome;
  if (command.kind !== 'consume') return outcome;
  const { replayed, cutShort, messages } = outcome as Accepted<'consume'>;
  // An answer without messages may say why it has none, and is sent as it is.
  if (messages.length === 0) return outcome;
  return addRows([replayed, cutShort], LEASED_MESSAGE, messages);
}

export function unpackOutcome(command: Command, packed: PackedOutcome): Outcome {
  if (packed === AS_ASKED) return outcomeAsAsked(command as PublishCommand | AckCommand);
  if (!isRow(packed)) return packed;
  const [replayed, cutShort] = packed as [boolean, true | undefined];
  const messages = readRows(packed, 2, LEASED_MESSAGE);
  return { ok: true, replayed, messages, ...(cutShort && { cutShort }) };
}

function outcomeAsAsked(command: PublishCommand | AckCommand): Outcome {
  if (command.kind === 'publish') {
    const messageIds = command.messages.map(({ messageId }) => messageId);
    return { ok: true, replayed: false, messageIds };
  }
  const results = command.entries.map(({ messageId }) => ({
    messageId,
    ok: true as const,
    acked: true,
  }));
  return { ok: true, replayed: false, results };
}

const isAllAcked = (outcome: Outcome): boolean => {
  const { replayed, results } = outcome as Accepted<'ack'>;
  return !replayed && results.every((result) => result.ok && result.acked);
};

/** Whether the ids in the answer are those sent, as is the case unless a message existed already. */
function isAsSent({ messages }: PublishCommand, outcome: Outcome): boolean {
  const { replayed, messageIds } = outcome as Accepted<'publish'>;
  return !replayed && messages.every(({ messageId }, at) => messageIds[at] === messageId);
}

function addRows<T>(row: unknown[], format: RowFormat<T>, items: readonly T[]): unknown[] {
  for (const item of items) format.add(row, item);
  return row;
}

function readRows<T>(row: readonly unknown[], from: number, format: RowFormat<T>): T[] {
  const items: T[] = [];
  for (let at = from; at < row.length; at += format.size) items.push(format.read(row, at));
  return items;
}

const isRow = (packed: PackedCommand | PackedOutcome): packed is readonly unknown[] =>
  Array.isArray(packed);
