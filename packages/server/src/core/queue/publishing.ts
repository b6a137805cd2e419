import type { NewMessage, OutcomeOf, PublishCommand } from '../commands/commands.js';
import { checkPublishRoom } from '../limits/admission.js';
import type { Room, Usage } from '../limits/storage-limits.js';
import type { Refusal } from '../refusal.js';
import { checkFifoPublish, type Deduplications, deduplicate, groupKeyOf } from './fifo.js';
import { bytesOf } from './message-bytes.js';
import type { QueueEntry } from './queue-entry.js';
import type { MessageTransaction } from './transaction.js';

type PublishingTransaction = Pick<MessageTransaction, 'nowMs' | 'count' | 'tally' | 'markReady'> & {
  readonly room: Room;
};

/** What a store provides for a publish. */
export interface PublishPort {
  readonly deduplications: Deduplications;
  /**
   * The usage of the queue without its dead letters, including what the commit group has done so far. It
   * is called only where queues are limited.
   */
  usageOf(queue: QueueEntry): Usage;
  /** Stores a message. */
  add(arrival: Arrival): void;
}

/** A message as it enters its queue. */
export interface Arrival {
  readonly queue: QueueEntry;
  readonly message: NewMessage;
  /** Its priority if the queue uses priorities; otherwise 0. */
  readonly rank: number;
  readonly groupKey: string | null;
  /** The bytes of its payload and headers. */
  readonly bytes: number;
  /** When its delay ends; null if it has none and is available. */
  readonly dueAtMs: number | null;
}

/** Decides on a publish, and counts the messages it adds. */
export function publish(
  tx: PublishingTransaction,
  queue: QueueEntry,
  command: PublishCommand,
  { deduplications, usageOf, add }: PublishPort,
): OutcomeOf['publish'] | Refusal {
  const refusal = checkFifoPublish(queue, command);
  if (refusal !== undefined) return refusal;
  const deduplicated = deduplicate(queue, command, deduplications);
  const { fresh, messageIds, remember } = deduplicated;
  const full = checkPublishRoom(tx.room, command, () => usageOf(queue), deduplicated);
  if (full !== undefined) return full;
  for (const message of fresh) add(arrive(tx, queue, message));
  remember();
  tx.tally(queue, 'published', fresh.length);
  return { messageIds };
}

function arrive(tx: PublishingTransaction, queue: QueueEntry, message: NewMessage): Arrival {
  const isDelayed = message.delayMs > 0;
  const bytes = bytesOf(message);
  const groupKey = groupKeyOf(queue, message.groupId);
  tx.count(queue, isDelayed ? 'delayed' : 'available', 1, bytes);
  // In a FIFO queue the message group determines whether a message can be delivered.
  if (groupKey === null && !isDelayed) tx.markReady(queue, 1);
  return {
    queue,
    message,
    rank: queue.enablePriority ? message.priority : 0,
    groupKey,
    bytes,
    dueAtMs: isDelayed ? tx.nowMs + message.delayMs : null,
  };
}
