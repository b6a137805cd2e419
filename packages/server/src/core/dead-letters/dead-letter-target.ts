import type { QueueEntry } from '../queue/queue-entry.js';
import type { MessageEntry, MessageTransaction } from '../queue/transaction.js';

/**
 * The named dead-letter queue that takes a failed message; undefined: the built-in one does.
 *
 * Settings never close a cycle, but one may have been made before changes of them were kept apart, and
 * a dead letter keeps its source while they change. So what is a dead letter already does not go back
 * to the queue that it last came from, and goes no further on a cycle: no round is begun twice.
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
