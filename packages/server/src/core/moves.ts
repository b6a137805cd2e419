import { type AfterFailure, type DeadLetterReason, type LeaseEnd, STATE } from './message-state.js';
import type { CountedState, MessageEntry, MessageTransaction, QueueEntry } from './transaction.js';

/** The moves of one message from state to state. Each keeps the counters true. */

export function removeMessage(
  tx: MessageTransaction,
  queue: QueueEntry,
  message: MessageEntry,
): void {
  tx.remove(message);
  leaveState(tx, queue, message);
  if (message.sourceQueueId !== null) tx.countDead(message.sourceQueueId, -1);
}

/** Ends a lease with the message available again, in its old place, or after a delay. */
export function returnMessage(
  tx: MessageTransaction,
  queue: QueueEntry,
  message: MessageEntry,
  end: { how: LeaseEnd; failures: number; delayMs: number; error: string | null },
): void {
  const delayed = end.delayMs > 0;
  leaveState(tx, queue, message);
  tx.change(message, {
    state: delayed ? STATE.delayed : STATE.available,
    dueAtMs: delayed ? tx.nowMs + end.delayMs : null,
    liveSinceMs: delayed ? null : message.firstAvailableAtMs,
    leaseEnd: end.how,
    failures: end.failures,
    ...(end.error === null ? {} : { lastError: end.error }),
  });
  tx.count(queue, delayed ? 'delayed' : 'available', 1);
  if (!delayed) tx.markReady(queue, 1);
}

/** A delivery failed: the message is retried or becomes a dead letter. */
export function failMessage(
  tx: MessageTransaction,
  queue: QueueEntry,
  message: MessageEntry,
  next: AfterFailure,
  error: string | null,
  how: LeaseEnd,
): void {
  if (next.kind === 'dead_letter') return deadLetter(tx, queue, message, next.reason, error);
  const failures = message.failures + 1;
  returnMessage(tx, queue, message, { how, failures, delayMs: next.delayMs, error });
}

/** A delay is over. */
export function releaseDelayed(
  tx: MessageTransaction,
  queue: QueueEntry,
  message: MessageEntry,
): void {
  leaveState(tx, queue, message);
  tx.change(message, {
    state: STATE.available,
    dueAtMs: null,
    liveSinceMs: message.firstAvailableAtMs,
  });
  tx.count(queue, 'available', 1);
  tx.markReady(queue, 1);
}

/**
 * Moves a message out of its queue: to the dead-letter queue, where it is an ordinary message at
 * the tail, or to the built-in one. It keeps its id and its body; its retries start anew.
 */
function deadLetter(
  tx: MessageTransaction,
  queue: QueueEntry,
  message: MessageEntry,
  reason: DeadLetterReason,
  error: string | null,
): void {
  const target =
    queue.deadLetterQueueId === null ? undefined : tx.queueById(queue.deadLetterQueueId);
  leaveState(tx, queue, message);
  if (message.sourceQueueId !== null) tx.countDead(message.sourceQueueId, -1);
  tx.change(message, {
    bucketId: target?.bucketId ?? queue.deadBucketId,
    state: target === undefined ? STATE.dead : STATE.available,
    seq: tx.nextSeq(),
    rank: target?.enablePriority ? message.priority : 0,
    dueAtMs: null,
    liveSinceMs: target === undefined ? null : tx.nowMs,
    firstAvailableAtMs: tx.nowMs,
    receipt: null,
    leaseEnd: null,
    leasedAtMs: null,
    failures: 0,
    sourceQueueId: queue.id,
    sourceQueue: queue.name,
    deadLetteredAtMs: tx.nowMs,
    deadLetterReason: reason,
    ...(error === null ? {} : { lastError: error }),
  });
  tx.countDead(queue.id, 1);
  if (target !== undefined) {
    tx.count(target, 'available', 1);
    tx.markReady(target, 1);
  }
}

const COUNTED: Partial<Record<number, CountedState>> = {
  [STATE.available]: 'available',
  [STATE.leased]: 'leased',
  [STATE.delayed]: 'delayed',
};

function leaveState(tx: MessageTransaction, queue: QueueEntry, message: MessageEntry): void {
  const counted = COUNTED[message.state];
  if (counted !== undefined) tx.count(queue, counted, -1);
}
