import { LIMITS } from '@millrace/protocol/limits';
import type { FailedDelivery } from '../commands/commands.js';
import { earlierSourcesOf, sourceBefore } from '../dead-letters/dead-letter-source.js';
import { deadLetterTarget } from '../dead-letters/dead-letter-target.js';
import { groupKeyOf } from './fifo.js';
import {
  type AfterFailure,
  type DeadLetterReason,
  type FailureBudgets,
  type FailureCounts,
  LEASE_END,
  type LeaseEnd,
  NO_FAILURES,
  STATE,
} from './message-state.js';
import { subscriptionOfHolder } from './push-subscription.js';
import type { QueueEntry } from './queue-entry.js';
import type { CountedState, MessageEntry, MessageTransaction } from './transaction.js';

/** The moves of one message from state to state. Each move keeps the counters correct. */

export function removeMessage(
  tx: MessageTransaction,
  queue: QueueEntry,
  message: MessageEntry,
): void {
  tx.remove(message);
  leaveState(tx, queue, message);
  uncountDead(tx, message);
}

/** Removes a message that is past its retention. */
export function expireMessage(
  tx: MessageTransaction,
  queue: QueueEntry,
  message: MessageEntry,
): void {
  removeMessage(tx, queue, message);
  tx.tally(queue, 'expiredByRetention', 1);
}

export interface ReturnOptions {
  readonly how: LeaseEnd;
  readonly delayMs: number;
  readonly error: string | null;
  /** The counts including the failure that ended the lease; absent if no failure did. */
  readonly counts?: FailureCounts;
}

/** Ends the lease without counting a failure. */
export const WITHOUT_FAILURE: ReturnOptions = { how: LEASE_END.returned, delayMs: 0, error: null };

/**
 * Ends a lease: the message is available again with its old seq, at once or after a delay. In a FIFO
 * message group, leased messages behind it go back as well.
 *
 * @returns false if the message was past its retention and has been removed
 */
export function returnMessage(
  tx: MessageTransaction,
  queue: QueueEntry,
  message: MessageEntry,
  end: ReturnOptions,
): boolean {
  const stays = putBack(tx, queue, message, end);
  withdrawBehind(tx, queue, message);
  return stays;
}

/** Returns messages of one message group whose leases ended together, in the order of the queue. */
export function returnTogether(
  tx: MessageTransaction,
  queue: QueueEntry,
  messages: readonly MessageEntry[],
  end: ReturnOptions,
): void {
  for (const message of messages) putBack(tx, queue, message, end);
  const first = messages[0];
  if (first !== undefined) withdrawBehind(tx, queue, first);
}

/** A message went back into its message group: no message after it may stay leased. */
function withdrawBehind(
  tx: MessageTransaction,
  queue: QueueEntry,
  { groupKey, seq }: MessageEntry,
): void {
  if (groupKey === null) return;
  for (const later of tx.heldInMessageGroup(queue, groupKey)) {
    if (later.state === STATE.leased && later.seq > seq) putBack(tx, queue, later, WITHOUT_FAILURE);
  }
}

/** Ends the lease of this message only. @returns as `returnMessage` */
function putBack(
  tx: MessageTransaction,
  queue: QueueEntry,
  message: MessageEntry,
  end: ReturnOptions,
): boolean {
  // A leased message outlives its retention; when the lease ends, the message is removed.
  if (isPastRetention(queue, message, tx.nowMs)) {
    expireMessage(tx, queue, message);
    return false;
  }
  const delayed = end.delayMs > 0;
  const { nacks, expiredLeases } = end.counts ?? message;
  leaveState(tx, queue, message);
  tx.change(message, {
    state: delayed ? STATE.delayed : STATE.available,
    // A delay that would outlast the retention ends with it, and the message is removed.
    dueAtMs: delayed ? Math.min(tx.nowMs + end.delayMs, endOfRetention(queue, message)) : null,
    liveSinceMs: delayed ? null : message.firstAvailableAtMs,
    leaseEnd: end.how,
    nacks,
    expiredLeases,
    ...(end.error === null ? {} : { lastError: end.error }),
  });
  tx.count(queue, delayed ? 'delayed' : 'available', 1, message.bytes);
  if (!delayed) becomeReady(tx, queue, message.groupKey);
  return true;
}

/** How many failures a message may have, and which queue gets it after the last. */
export type FailurePolicy = FailureBudgets & Pick<QueueEntry, 'deadLetterQueueId'>;

/**
 * The policy of the queue, or of the push subscription that holds the message. A subscription limits its
 * failed pushes; how many leases may expire is always the queue's setting.
 */
export function failurePolicy(
  tx: MessageTransaction,
  queue: QueueEntry,
  { leasedBy }: MessageEntry,
): FailurePolicy {
  const subscriptionId = subscriptionOfHolder(leasedBy);
  const policy = subscriptionId === undefined ? undefined : tx.pushPolicy(subscriptionId);
  return {
    maxRetries: policy?.maxRetries ?? queue.maxRetries,
    maxExpiredLeases: queue.maxExpiredLeases,
    deadLetterQueueId: policy?.deadLetterQueueId ?? queue.deadLetterQueueId,
  };
}

/**
 * A delivery failed: the message is retried or becomes a dead letter.
 *
 * @returns whether it is retried; a message past its retention never is
 */
export function failMessage(
  tx: MessageTransaction,
  queue: QueueEntry,
  message: MessageEntry,
  next: AfterFailure,
  { policy, ...failure }: Omit<FailedDelivery, 'atMs'> & { readonly policy: FailurePolicy },
  how: LeaseEnd,
): boolean {
  const { error } = failure;
  tx.tally(queue, 'failed', 1);
  if (failure.how === 'expired_lease') tx.tally(queue, 'expiredLeases', 1);
  tx.change(message, { failureLog: appendFailure(message, { atMs: tx.nowMs, ...failure }) });
  if (next.kind === 'dead_letter') {
    deadLetter(tx, queue, message, policy, next.reason, error);
    return false;
  }
  const { delayMs, counts } = next;
  return returnMessage(tx, queue, message, { how, delayMs, error, counts });
}

/** Ends the delay of a message. */
export function releaseDelayed(
  tx: MessageTransaction,
  queue: QueueEntry,
  message: MessageEntry,
): void {
  if (isPastRetention(queue, message, tx.nowMs)) return expireMessage(tx, queue, message);
  leaveState(tx, queue, message);
  tx.change(message, {
    state: STATE.available,
    dueAtMs: null,
    liveSinceMs: message.firstAvailableAtMs,
  });
  tx.count(queue, 'available', 1, message.bytes);
  becomeReady(tx, queue, message.groupKey);
}

/**
 * Moves a message out of its queue: to the dead-letter queue, where it is an ordinary message at the
 * tail, or to the built-in dead-letter queue. It keeps its id and its body; its failure counts start
 * again from zero.
 */
function deadLetter(
  tx: MessageTransaction,
  queue: QueueEntry,
  message: MessageEntry,
  policy: FailurePolicy,
  reason: DeadLetterReason,
  error: string | null,
): void {
  const target = deadLetterTarget(tx, queue, message, policy.deadLetterQueueId);
  leaveState(tx, queue, message);
  uncountDead(tx, message);
  const bucketId = target?.bucketId ?? queue.deadBucketId;
  const groupKey = target === undefined ? null : groupKeyOf(target, message.groupId);
  tx.change(message, {
    bucketId,
    state: target === undefined ? STATE.dead : STATE.available,
    seq: tx.nextSeq(),
    rank: target?.enablePriority ? message.priority : 0,
    groupKey,
    dueAtMs: null,
    liveSinceMs: tx.nowMs,
    firstAvailableAtMs: tx.nowMs,
    receipt: null,
    leaseEnd: null,
    leasedAtMs: null,
    ...NO_FAILURES,
    sourceQueueId: queue.id,
    sourceQueue: queue.name,
    deadLetteredAtMs: tx.nowMs,
    deadLetterReason: reason,
    earlierSources: earlierSourcesOf(message),
    ...(error === null ? {} : { lastError: error }),
  });
  tx.countDead(queue.id, bucketId, 1);
  tx.tally(queue, 'deadLettered', 1);
  tx.deadLettered(queue, reason, message.messageId);
  if (target === undefined) tx.count(queue, 'dead', 1, message.bytes);
  else {
    tx.count(target, 'available', 1, message.bytes);
    becomeReady(tx, target, groupKey);
  }
}

/**
 * Moves a dead letter back to the tail of the queue it came from. If it was already a dead letter of
 * another queue when it died there, it is that dead letter again. Its failures, its deliveries and its
 * retention start again; the list of failed deliveries stays.
 *
 * @param holder the queue that contains it; undefined for the built-in dead-letter queue
 */
export function redriveMessage(
  tx: MessageTransaction,
  source: QueueEntry,
  holder: QueueEntry | undefined,
  message: MessageEntry,
): void {
  leaveState(tx, holder ?? source, message);
  uncountDead(tx, message);
  const groupKey = groupKeyOf(source, message.groupId);
  const before = sourceBefore(message);
  tx.change(message, {
    bucketId: source.bucketId,
    state: STATE.available,
    seq: tx.nextSeq(),
    rank: source.enablePriority ? message.priority : 0,
    groupKey,
    dueAtMs: null,
    liveSinceMs: tx.nowMs,
    firstAvailableAtMs: tx.nowMs,
    receipt: null,
    leaseEnd: null,
    leasedAtMs: null,
    ...NO_FAILURES,
    deliveryCount: 0,
    ...before,
  });
  if (before.sourceQueueId !== null) tx.countDead(before.sourceQueueId, source.bucketId, 1);
  tx.count(source, 'available', 1, message.bytes);
  tx.tally(source, 'redriven', 1);
  becomeReady(tx, source, groupKey);
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

/**
 * How many messages past their retention one consume removes, so that it stays short. It then reports
 * that it was cut short.
 */
export const EXPIRED_PER_CONSUME = 100;

/** A long error is kept whole as the last error; the list keeps only its beginning. */
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
  [STATE.dead]: 'dead',
};

function leaveState(tx: MessageTransaction, queue: QueueEntry, message: MessageEntry): void {
  const counted = COUNTED[message.state];
  if (counted !== undefined) tx.count(queue, counted, -1, -message.bytes);
  if (message.groupKey !== null) tx.touchMessageGroup(queue, message.groupKey);
}

/** In a FIFO queue the message group determines whether a message can be delivered. */
function becomeReady(tx: MessageTransaction, queue: QueueEntry, groupKey: string | null): void {
  if (groupKey === null) tx.markReady(queue, 1);
  else tx.touchMessageGroup(queue, groupKey);
}
