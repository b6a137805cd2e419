import type {
  Accepted,
  Command,
  LeasedMessage,
  NewMessage,
  Outcome,
  PublishCommand,
} from '../../core/commands.js';

/**
 * Commands and outcomes on their way between threads. Copying an object writes the name of every
 * field; publish and consume, which are most of the traffic, go as rows of values instead, and of a
 * publish that went through only that it did.
 */
export type PackedCommand = readonly unknown[] | Exclude<Command, PublishCommand>;
export type PackedOutcome = readonly unknown[] | typeof PUBLISHED | Outcome;

const PUBLISHED = 1;

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
  if (command.kind !== 'publish') return command;
  const { project, queue, idempotency, autoCreate, batch, messages } = command;
  return packRows([project, queue, idempotency, autoCreate, batch], NEW_FIELDS, messages);
}

export function unpackCommand(packed: PackedCommand): Command {
  if (!isRow(packed)) return packed;
  const [project, queue, idempotency, autoCreate, batch] = packed;
  const messages = unpackRows<NewMessage>(packed, 5, NEW_FIELDS);
  const target = { project, queue, idempotency, autoCreate, batch };
  return { kind: 'publish', ...target, messages } as PublishCommand;
}

export function packOutcome(command: Command, outcome: Outcome): PackedOutcome {
  if (!outcome.ok) return outcome;
  if (command.kind === 'publish') return isAsSent(command, outcome) ? PUBLISHED : outcome;
  if (command.kind !== 'consume') return outcome;
  const { replayed, messages } = outcome as Accepted<'consume'>;
  return packRows([replayed], LEASED_FIELDS, messages);
}

export function unpackOutcome(command: Command, packed: PackedOutcome): Outcome {
  if (packed === PUBLISHED) {
    const { messages } = command as PublishCommand;
    const messageIds = messages.map(({ messageId }) => messageId);
    return { ok: true, replayed: false, messageIds };
  }
  if (!isRow(packed)) return packed;
  const messages = unpackRows<LeasedMessage>(packed, 1, LEASED_FIELDS);
  return { ok: true, replayed: packed[0] as boolean, messages };
}

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
