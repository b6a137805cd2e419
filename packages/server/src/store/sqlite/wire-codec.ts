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
} from '../../core/commands.js';

/**
 * Commands and outcomes on their way between threads. Copying an object writes the name of every
 * field; publish, consume and ack, which are most of the traffic, go as rows of values instead, and
 * of a publish or an ack that went through only that it did.
 */
export type PackedCommand =
  | readonly unknown[]
  | Exclude<Command, PublishCommand | ConsumeCommand | AckCommand>;
export type PackedOutcome = readonly unknown[] | typeof AS_ASKED | Outcome;

const AS_ASKED = 1;

const CONSUME_FIELDS = [
  'project',
  'queue',
  'idempotency',
  'autoCreate',
  'maxMessages',
  'visibilityTimeoutMs',
  'receiptPrefix',
  'maxBytes',
  'onePerGroup',
  'keyId',
] as const satisfies readonly (keyof ConsumeCommand)[];

const ACK_FIELDS = ['messageId', 'receipt'] as const satisfies readonly (keyof DeliveryRef)[];

const NEW_FIELDS = [
  'messageId',
  'payload',
  'headers',
  'delayMs',
  'priority',
  'groupId',
  'deduplicationId',
] as const satisfies readonly (keyof NewMessage)[];

const LEASED_FIELDS = [
  'messageId',
  'payload',
  'headers',
  'priority',
  'groupId',
  'deduplicationId',
  'enqueuedAtMs',
  'deliveryCount',
  'sourceQueue',
  'deadLetteredAtMs',
  'deadLetterReason',
  'lastError',
  'failures',
  'receipt',
  'leaseExpiresAtMs',
] as const satisfies readonly (keyof LeasedMessage)[];

export function packCommand(command: Command): PackedCommand {
  switch (command.kind) {
    case 'publish': {
      const { kind, project, queue, idempotency, autoCreate, batch, messages } = command;
      const head = [kind, project, queue, idempotency, autoCreate, batch];
      return packRows(head, NEW_FIELDS, messages);
    }
    case 'consume':
      return packRows([command.kind], CONSUME_FIELDS, [command]);
    case 'ack': {
      const { kind, project, queue, idempotency, batch, entries } = command;
      return packRows([kind, project, queue, idempotency, batch], ACK_FIELDS, entries);
    }
    default:
      return command;
  }
}

export function unpackCommand(packed: PackedCommand): Command {
  if (!isRow(packed)) return packed;
  const [kind, project, queue, idempotency, fourth, fifth] = packed;
  if (kind === 'publish') {
    const messages = unpackRows<NewMessage>(packed, 6, NEW_FIELDS);
    const target = { project, queue, idempotency, autoCreate: fourth, batch: fifth };
    return { kind, ...target, messages } as PublishCommand;
  }
  if (kind === 'ack') {
    const entries = unpackRows<DeliveryRef>(packed, 5, ACK_FIELDS);
    return { kind, project, queue, idempotency, batch: fourth, entries } as AckCommand;
  }
  const [command] = unpackRows<ConsumeCommand>(packed, 1, CONSUME_FIELDS);
  return { ...(command as ConsumeCommand), kind: 'consume' };
}

export function packOutcome(command: Command, outcome: Outcome): PackedOutcome {
  if (!outcome.ok) return outcome;
  if (command.kind === 'publish') return isAsSent(command, outcome) ? AS_ASKED : outcome;
  if (command.kind === 'ack') return isAllAcked(outcome) ? AS_ASKED : outcome;
  if (command.kind !== 'consume') return outcome;
  const { replayed, messages } = outcome as Accepted<'consume'>;
  return packRows([replayed], LEASED_FIELDS, messages);
}

export function unpackOutcome(command: Command, packed: PackedOutcome): Outcome {
  if (packed === AS_ASKED) return outcomeAsAsked(command as PublishCommand | AckCommand);
  if (!isRow(packed)) return packed;
  const messages = unpackRows<LeasedMessage>(packed, 1, LEASED_FIELDS);
  return { ok: true, replayed: packed[0] as boolean, messages };
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

/** Whether the ids answered are those sent, as they are unless it was made before. */
function isAsSent({ messages }: PublishCommand, outcome: Outcome): boolean {
  const { replayed, messageIds } = outcome as Accepted<'publish'>;
  return !replayed && messages.every(({ messageId }, at) => messageIds[at] === messageId);
}

function packRows<T>(
  head: readonly unknown[],
  fields: readonly (keyof T)[],
  items: readonly T[],
): readonly unknown[] {
  const row = [...head];
  for (const item of items) for (const field of fields) row.push(item[field]);
  return row;
}

function unpackRows<T>(row: readonly unknown[], from: number, fields: readonly (keyof T)[]): T[] {
  const items: T[] = [];
  for (let at = from; at < row.length; at += fields.length) {
    const item: Partial<T> = {};
    for (let index = 0; index < fields.length; index += 1) {
      item[fields[index] as keyof T] = row[at + index] as T[keyof T];
    }
    items.push(item as T);
  }
  return items;
}

const isRow = (packed: PackedCommand | PackedOutcome): packed is readonly unknown[] =>
  Array.isArray(packed);
