import { LIMITS } from '@millrace/protocol';
import type { FailedDelivery } from './commands.js';
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
  uncountDead(tx, message);
}

/** Ends a lease with the message available again, in its old place, or after a delay. */
export function returnMessage(
  tx: MessageTransaction,
  queue: QueueEntry,
  message: MessageEntry,
  end: { how: LeaseEnd; failures: number; delayMs: number; error: string | null },
): void {
  // A leased message outlives its retention; when the lease is over it goes.
  if (isPastRetention(queue, message, tx.nowMs)) return removeMessage(tx, queue, message);
  const delayed = end.delayMs > 0;
  leaveState(tx, queue, message);
  tx.change(message, {
    state: delayed ? STATE.delayed : STATE.available,
    // A delay that would outlast the retention ends with it, and the message goes.
    dueAtMs: delayed ? Math.min(tx.nowMs + end.delayMs, endOfRetention(queue, message)) : null,
    liveSinceMs: delayed ? null : message.firstAvailableAtMs,
    leaseEnd: end.how,
    failures: end.failures,
    ...(end.error === null ? {} : { lastError: end.error }),
  });
  tx.count(queue, delayed ? 'delayed' : 'available', 1, message.bytes);
  if (!delayed) tx.markReady(queue, 1);
}

/** A delivery failed: the message is retried or becomes a dead letter. */
export function failMessage(
  tx: MessageTransaction,
  queue: QueueEntry,
  message: MessageEntry,
  next: AfterFailure,
  failure: Omit<FailedDelivery, 'atMs'>,
  how: LeaseEnd,
): void {
  const { error } = failure;
  tx.tally(queue, 'failed', 1);
  tx.change(message, { failureLog: appendFailure(message, { atMs: tx.nowMs, ...failure }) });
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
  if (isPastRetention(queue, message, tx.nowMs)) return removeMessage(tx, queue, message);
  leaveState(tx, queue, message);
  tx.change(message, {
    state: STATE.available,
    dueAtMs: null,
    liveSinceMs: message.firstAvailableAtMs,
  });
  tx.count(queue, 'available', 1, message.bytes);
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
  uncountDead(tx, message);
  const bucketId = target?.bucketId ?? queue.deadBucketId;
  tx.change(message, {
    bucketId,
    state: target === undefined ? STATE.dead : STATE.available,
    seq: tx.nextSeq(),
    rank: target?.enablePriority ? message.priority : 0,
    dueAtMs: null,
    liveSinceMs: tx.nowMs,
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
  tx.countDead(queue.id, bucketId, 1);
  tx.tally(queue, 'deadLettered', 1);
  if (target !== undefined) {
    tx.count(target, 'available', 1, message.bytes);
    tx.markReady(target, 1);
  }
}

/**
 * Sends a dead letter home, to the tail of the queue it came from, with fresh retries and retention.
 *
 * @param holder the queue that keeps it; undefined for the built-in dead-letter queue
 */
export function redriveMessage(
  tx: MessageTransaction,
  source: QueueEntry,
  holder: QueueEntry | undefined,
  message: MessageEntry,
): void {
  if (holder !== undefined) leaveState(tx, holder, message);
  uncountDead(tx, message);
  tx.change(message, {
    bucketId: source.bucketId,
    state: STATE.available,
    seq: tx.nextSeq(),
    rank: source.enablePriority ? message.priority : 0,
    dueAtMs: null,
    liveSinceMs: tx.nowMs,
    firstAvailableAtMs: tx.nowMs,
    receipt: null,
    leaseEnd: null,
    leasedAtMs: null,
    failures: 0,
    sourceQueueId: null,
    sourceQueue: null,
    deadLetteredAtMs: null,
    deadLetterReason: null,
  });
  tx.count(source, 'available', 1, message.bytes);
  tx.markReady(source, 1);
}

export const retentionMs = (queue: Pick<QueueEntry, 'messageRetentionDays'>): number =>
  queue.messageRetentionDays * 86_400_000;

export const isPastRetention = (
  queue: QueueEntry,
  message: Pick<MessageEntry, 'firstAvailableAtMs'>,
  nowMs: number,
): boolean => nowMs >= endOfRetention(queue, message);

const endOfRetention = (
  queue: QueueEntry,
  message: Pick<MessageEntry, 'firstAvailableAtMs'>,
): number => message.firstAvailableAtMs + retentionMs(queue);

/** Messages past their retention that one consume removes on its way, so that it stays short. */
export const EXPIRED_PER_CONSUME = 100;

/** Long errors are kept whole as the last error; in the list, their beginning. */
const LOGGED_ERROR_CHARS = 512;

function appendFailure({ failureLog }: MessageEntry, failure: FailedDelivery): string {
  const earlier: FailedDelivery[] = failureLog === null ? [] : JSON.parse(failureLog);
  const error = failure.error?.slice(0, LOGGED_ERROR_CHARS).toWellFormed() ?? null;
  return JSON.stringify([...earlier, { ...failure, error }].slice(-LIMITS.failuresKept));
}

function uncountDead(tx: MessageTransaction, message: MessageEntry): void {
  const { sourceQueueId, bucketId } = message;
  if (sourceQueueId !== null) tx.countDead(sourceQueueId, bucketId, -1);
}

const COUNTED: Partial<Record<number, CountedState>> = {
  [STATE.available]: 'available',
  [STATE.leased]: 'leased',
  [STATE.delayed]: 'delayed',
};

function leaveState(tx: MessageTransaction, queue: QueueEntry, message: MessageEntry): void {
  const counted = COUNTED[message.state];
  if (counted !== undefined) tx.count(queue, counted, -1, -message.bytes);
}
