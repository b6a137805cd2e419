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

/** What a store lends to a publish. */
export interface PublishPort {
  readonly deduplications: Deduplications;
  /**
   * What the queue holds but for its dead letters, with what the commit group has done so far. It is
   * asked only where queues are limited.
   */
  usageOf(queue: QueueEntry): Usage;
  /** Writes a message that is stored. */
  add(arrival: Arrival): void;
}

/** A message as it begins in its queue. */
export interface Arrival {
  readonly queue: QueueEntry;
  readonly message: NewMessage;
  /** Its priority, where the queue heeds them; else 0. */
  readonly rank: number;
  readonly groupKey: string | null;
  /** What its payload and headers take. */
  readonly bytes: number;
  /** When its delay ends; null: it has none and is available. */
  readonly dueAtMs: number | null;
}

/** Decides on a publish, and counts what it brings. */
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
  // In a FIFO queue the message group says whether a message is there to be had.
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
