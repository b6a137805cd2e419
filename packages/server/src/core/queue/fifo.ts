import { LIMITS } from '@millrace/protocol/limits';
import type { NewMessage, PublishCommand } from '../commands/commands.js';
import { deduplicationBytes } from '../limits/record-room.js';
import { fieldRefusal, type Refusal } from '../refusal.js';
import { sum } from '../sum.js';
import type { QueueEntry } from './queue-entry.js';

/**
 * The rules of FIFO queues, defined once for every store. A message belongs to a message group, and a
 * message group is blocked while one of its messages is leased, or delayed after a failure.
 */

/** The message group of messages that name none. */
const NO_GROUP = '';

/** The message group of a message in this queue; null in a standard queue, which has none. */
export const groupKeyOf = (
  queue: Pick<QueueEntry, 'type'>,
  groupId: string | null,
): string | null => (queue.type === 'fifo' ? (groupId ?? NO_GROUP) : null);

/** Refuses messages that would break the order of a FIFO queue. */
export function checkFifoPublish(queue: QueueEntry, command: PublishCommand): Refusal | undefined {
  if (queue.type !== 'fifo') return undefined;
  for (const [index, { priority, delayMs }] of command.messages.entries()) {
    const path = command.batch ? `/messages/${index}` : '';
    if (priority !== 0) return fieldRefusal(`${path}/priority`, 'must be 0 in a fifo queue');
    if (delayMs !== 0) return fieldRefusal(`${path}/delay_seconds`, 'must be 0 in a fifo queue');
  }
  return undefined;
}

/** The deduplication ids of recent publishes. */
export interface Deduplications {
  /** The message that was published under this id within the deduplication window. */
  find(queue: QueueEntry, deduplicationId: string): string | undefined;
  put(queue: QueueEntry, deduplicationId: string, messageId: string): void;
}

export const DEDUPLICATION_MS = LIMITS.deduplicationSeconds * 1_000;

export interface Deduplicated {
  /** The messages to store. */
  readonly fresh: readonly NewMessage[];
  /** The ids that the publish returns: for a suppressed message, the id of the first one. */
  readonly messageIds: readonly string[];
  /** The bytes that remembering the fresh messages takes. */
  readonly recordBytes: number;
  /** Remembers the fresh messages, once it is certain that they are stored. */
  remember(): void;
}

/** Decides which messages of a publish are new. Standard queues do not deduplicate. */
export function deduplicate(
  queue: QueueEntry,
  command: PublishCommand,
  known: Deduplications,
): Deduplicated {
  const { messages } = command;
  if (queue.type !== 'fifo') {
    return {
      fresh: messages,
      messageIds: messages.map(({ messageId }) => messageId),
      recordBytes: 0,
      remember: () => undefined,
    };
  }
  const fresh: NewMessage[] = [];
  const first = new Map<string, string>();
  const messageIds = messages.map((message) => {
    const id = deduplicationIdOf(command, message);
    const earlier = id === null ? undefined : (first.get(id) ?? known.find(queue, id));
    if (earlier !== undefined) return earlier;
    if (id !== null) first.set(id, message.messageId);
    fresh.push(message);
    return message.messageId;
  });
  const remember = () => {
    for (const [id, messageId] of first) known.put(queue, id, messageId);
  };
  const recordBytes = sum([...first.keys()].map(deduplicationBytes));
  return { fresh, messageIds, recordBytes, remember };
}

/** A single publish without a deduplication id uses its idempotency key. */
export const deduplicationIdOf = (
  { batch, idempotency }: PublishCommand,
  { deduplicationId }: NewMessage,
): string | null => deduplicationId ?? (batch ? null : (idempotency?.key ?? null));
