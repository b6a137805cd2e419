import type { AckCommand, ExtendCommand, NackCommand, OutcomeOf } from './commands.js';
import { afterFailure, extendsTooFar, judgeReceipt, LEASE_END, STATE } from './message-state.js';
import { failMessage, releaseDelayed, removeMessage, returnMessage } from './moves.js';
import { leaseLost, leaseTooLong, type Refusal } from './refusal.js';
import type { MessageEntry, MessageTransaction, QueueEntry } from './transaction.js';

/** The commands that end or prolong deliveries, decided once for every store. */

export function ack(
  tx: MessageTransaction,
  queue: QueueEntry,
  command: AckCommand,
): OutcomeOf['ack'] | Refusal {
  // All receipts are judged before anything is applied.
  const judged = command.entries.map(({ messageId, receipt }) => {
    const message = tx.find(queue, messageId);
    return { messageId, message, verdict: judgeReceipt(message, receipt, 'ack') };
  });
  const done = new Set<string>();
  const results = judged.map(({ messageId, message, verdict }) => {
    if (verdict === 'lease_lost') return { messageId, ...leaseLost(messageId) };
    const acts = verdict === 'act' && message !== undefined && !done.has(messageId);
    if (acts) {
      removeMessage(tx, queue, message);
      tx.tally(queue, 'acked', 1);
      done.add(messageId);
    }
    return { messageId, ok: true as const, acked: acts };
  });
  const only = results[0];
  return !command.batch && only?.ok === false ? only : { results };
}

export function nack(
  tx: MessageTransaction,
  queue: QueueEntry,
  command: NackCommand,
): OutcomeOf['nack'] | Refusal {
  // All receipts are judged before anything is applied.
  const judged = command.entries.map((entry) => {
    const message = tx.find(queue, entry.messageId);
    return { entry, message, verdict: judgeReceipt(message, entry.receipt, 'nack') };
  });
  const done = new Set<string>();
  const results = judged.map(({ entry, message, verdict }) => {
    const { messageId } = entry;
    if (verdict === 'lease_lost') return { messageId, ...leaseLost(messageId) };
    if (verdict === 'no_effect' || message === undefined || done.has(messageId)) {
      return { messageId, ok: true as const, nacked: false, requeued: false };
    }
    const next = afterFailure(message.failures + 1, queue.maxRetries, { expired: false, ...entry });
    const failure = {
      how: entry.requeue ? ('nack' as const) : ('rejected' as const),
      error: entry.error,
      keyId: command.keyId ?? null,
    };
    failMessage(tx, queue, message, next, failure, LEASE_END.returned);
    done.add(messageId);
    return { messageId, ok: true as const, nacked: true, requeued: next.kind === 'retry' };
  });
  const only = results[0];
  return !command.batch && only?.ok === false ? only : { results };
}

export function extend(
  tx: MessageTransaction,
  queue: QueueEntry,
  command: ExtendCommand,
): OutcomeOf['extend'] | Refusal {
  const message = tx.find(queue, command.messageId);
  const verdict = judgeReceipt(message, command.receipt, 'extend');
  if (verdict === 'lease_lost') return leaseLost(command.messageId);
  if (verdict === 'no_effect' || message === undefined) {
    return { extended: false, leaseExpiresAtMs: null };
  }
  if (command.visibilityTimeoutMs === 0) {
    const { failures } = message;
    const end = { how: LEASE_END.returned, failures, delayMs: 0, error: null };
    returnMessage(tx, queue, message, end);
    return { extended: true, leaseExpiresAtMs: null };
  }
  const leaseExpiresAtMs = tx.nowMs + command.visibilityTimeoutMs;
  if (extendsTooFar(message.leasedAtMs as number, leaseExpiresAtMs)) return leaseTooLong();
  tx.change(message, { dueAtMs: leaseExpiresAtMs });
  return { extended: true, leaseExpiresAtMs };
}

/** The delay or the lease of this message has come to its end. */
export function settle(tx: MessageTransaction, queue: QueueEntry, message: MessageEntry): void {
  if (message.state === STATE.delayed) {
    releaseDelayed(tx, queue, message);
  } else if (message.state === STATE.leased) {
    const next = afterFailure(message.failures + 1, queue.maxRetries, { expired: true });
    const failure = { how: 'expired_lease' as const, error: null, keyId: message.leasedBy };
    failMessage(tx, queue, message, next, failure, LEASE_END.expired);
  }
}
