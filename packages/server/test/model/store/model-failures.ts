import type { FailedDelivery } from '#server/core/commands/commands';
import type { DeadLetterReason } from '#server/core/queue/message-state';
import { settleGroup, withdrawLater } from './model-fifo.js';
import {
  expiredLeasesAllowed,
  findQueue,
  type ModelMessage,
  type ModelState,
  removeMessages,
  retentionEndMs,
  takePlace,
} from './model-state.js';

/** The effects of time and of failed deliveries on messages. */

/** Settles delays that have ended, then leases that ran out, each ordered by time, then by id. */
export function settleEverythingDue(state: ModelState, nowMs: number): void {
  for (const message of dueMessages(state, 'delayed', nowMs)) {
    if (nowMs >= retentionEndMs(message)) removeMessages(state, (other) => other === message);
    message.state = 'available';
    message.dueAtMs = null;
  }
  const ranOut = dueMessages(state, 'leased', nowMs);
  for (const message of ranOut) {
    // It was already settled, with another message of its message group.
    if (message.state !== 'leased') continue;
    if (message.queue.type !== 'fifo') failByLeaseEnd(state, message, nowMs);
    else {
      const { queue, groupId } = message;
      const group = ranOut.filter((other) => other.queue === queue && other.groupId === groupId);
      settleGroup(state, group, nowMs);
    }
  }
}

/** Fails a message whose lease nobody settled in time. */
export function failByLeaseEnd(state: ModelState, message: ModelMessage, nowMs: number): void {
  noteFailure(message, {
    atMs: nowMs,
    how: 'expired_lease',
    error: null,
    keyId: message.leasedBy,
  });
  message.expiredLeases += 1;
  if (message.expiredLeases > expiredLeasesAllowed(message.queue)) {
    becomeDeadLetter(state, message, 'expired_lease', null, nowMs);
  } else {
    returnToQueue(state, message, 'expired', 0, nowMs);
    withdrawLater(state, message, nowMs);
  }
}

function dueMessages(
  state: ModelState,
  wanted: 'delayed' | 'leased',
  nowMs: number,
): ModelMessage[] {
  return state.messages
    .filter((message) => message.state === wanted && (message.dueAtMs as number) <= nowMs)
    .sort(
      (a, b) =>
        (a.dueAtMs as number) - (b.dueAtMs as number) || (a.messageId < b.messageId ? -1 : 1),
    );
}

/** Fails a message that a consumer nacked. @returns whether it will be retried */
export function failByNack(
  state: ModelState,
  message: ModelMessage,
  how: { requeue: boolean; delayMs: number; error: string | null },
  keyId: string | null,
  nowMs: number,
): boolean {
  noteFailure(message, {
    atMs: nowMs,
    how: how.requeue ? 'nack' : 'rejected',
    error: how.error,
    keyId,
  });
  if (!how.requeue) {
    becomeDeadLetter(state, message, 'rejected', how.error, nowMs);
    return false;
  }
  message.nacks += 1;
  if (message.nacks > message.queue.maxRetries) {
    becomeDeadLetter(state, message, 'max_retries', how.error, nowMs);
    return false;
  }
  if (how.error !== null) message.lastError = how.error;
  const stays = returnToQueue(state, message, 'returned', how.delayMs, nowMs);
  withdrawLater(state, message, nowMs);
  return stays;
}

const FAILURES_KEPT = 20;

function noteFailure(message: ModelMessage, failure: FailedDelivery): void {
  message.failed = [...message.failed, failure].slice(-FAILURES_KEPT);
}

/**
 * Returns a message to its old order in the queue, available or delayed; past its retention it is
 * removed, and no delay outlasts the retention.
 *
 * @returns whether it stays
 */
export function returnToQueue(
  state: ModelState,
  message: ModelMessage,
  leaseEnd: 'expired' | 'returned',
  delayMs: number,
  nowMs: number,
): boolean {
  const stays = nowMs < retentionEndMs(message);
  if (!stays) removeMessages(state, (other) => other === message);
  message.state = delayMs > 0 ? 'delayed' : 'available';
  message.dueAtMs = delayMs > 0 ? Math.min(nowMs + delayMs, retentionEndMs(message)) : null;
  message.leaseEnd = leaseEnd;
  return stays;
}

/**
 * Moves a message to the named dead-letter queue, as an ordinary message at the tail that was never
 * delivered there, or to the built-in one.
 */
function becomeDeadLetter(
  state: ModelState,
  message: ModelMessage,
  reason: DeadLetterReason,
  error: string | null,
  nowMs: number,
): void {
  const from = message.queue;
  const { source, deadLetteredAtMs, deadLetterReason } = message;
  if (source !== null) message.earlier.push({ source, deadLetteredAtMs, deadLetterReason });
  message.source = from;
  message.deadLetteredAtMs = nowMs;
  message.deadLetterReason = reason;
  if (error !== null) message.lastError = error;
  message.dueAtMs = null;
  message.receipt = null;
  message.leaseEnd = null;
  message.nacks = 0;
  message.expiredLeases = 0;
  message.firstAvailableAtMs = nowMs;
  message.place = takePlace(state);
  const target =
    from.deadLetterQueue === null
      ? undefined
      : findQueue(state, from.project, from.deadLetterQueue);
  // No message returns to its last source queue. The model allows no longer cycles.
  if (target === undefined || target === source) {
    message.state = 'dead';
  } else {
    message.state = 'available';
    message.queue = target;
    message.rank = target.enablePriority ? message.priority : 0;
  }
}
