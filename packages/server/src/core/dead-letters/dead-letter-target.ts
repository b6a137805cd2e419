import type { QueueEntry } from '../queue/queue-entry.js';
import type { MessageEntry, MessageTransaction } from '../queue/transaction.js';

/**
 * The named dead-letter queue that takes a failed message; undefined: the built-in one.
 *
 * Changes of settings never form a cycle, but one may date from before such changes excluded each other,
 * and a dead letter keeps its source while settings change. So a message that is already a dead letter
 * neither goes back to the queue that it last came from nor moves on along a cycle.
 */
export function deadLetterTarget(
  tx: Pick<MessageTransaction, 'queueById'>,
  queue: Pick<QueueEntry, 'id'>,
  { sourceQueueId }: Pick<MessageEntry, 'sourceQueueId'>,
  deadLetterQueueId: number | null,
): QueueEntry | undefined {
  const target = queueOf(tx, deadLetterQueueId);
  if (target === undefined || sourceQueueId === null) return target;
  return target.id === sourceQueueId || leadsTo(tx, target, queue.id) ? undefined : target;
}

function leadsTo(
  tx: Pick<MessageTransaction, 'queueById'>,
  from: QueueEntry,
  queueId: number,
): boolean {
  const passed = new Set<number>();
  let next: QueueEntry | undefined = from;
  while (next !== undefined && !passed.has(next.id)) {
    if (next.id === queueId) return true;
    passed.add(next.id);
    next = queueOf(tx, next.deadLetterQueueId);
  }
  return false;
}

const queueOf = (tx: Pick<MessageTransaction, 'queueById'>, id: number | null) =>
  id === null ? undefined : tx.queueById(id);
