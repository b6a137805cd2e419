import type {
  AckCommand,
  ExtendCommand,
  NackCommand,
  NackEntry,
  OutcomeOf,
} from '../commands/commands.js';
import type { SettlingCommand, SettlingKind } from '../commands/settling-commands.js';
import { leaseLost, leaseTooLong, type Refusal } from '../refusal.js';
import { afterFailure, checkReceipt, extendsTooFar, LEASE_END, STATE } from './message-state.js';
import type { QueueEntry } from './queue-entry.js';
import type { MessageEntry, MessageTransaction } from './transaction.js';
import {
  failMessage,
  failurePolicy,
  releaseDelayed,
  removeMessage,
  returnMessage,
  returnTogether,
  WITHOUT_FAILURE,
} from './transitions.js';

/** The commands that end or extend leases, decided once for every store. */
export function applySettling(
  tx: MessageTransaction,
  queue: QueueEntry,
  command: SettlingCommand,
): OutcomeOf[SettlingKind] | Refusal {
  switch (command.kind) {
    case 'ack':
      return ack(tx, queue, command);
    case 'nack':
      return nack(tx, queue, command);
    case 'extend':
      return extend(tx, queue, command);
  }
}

function ack(
  tx: MessageTransaction,
  queue: QueueEntry,
  command: AckCommand,
): OutcomeOf['ack'] | Refusal {
  // All receipts are checked before anything is applied.
  const checked = command.entries.map(({ messageId, receipt }) => {
    const message = tx.find(queue, messageId);
    return { messageId, message, verdict: checkReceipt(message, receipt, 'ack') };
  });
  const done = new Set<string>();
  const results = checked.map(({ messageId, message, verdict }) => {
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

function nack(
  tx: MessageTransaction,
  queue: QueueEntry,
  command: NackCommand,
): OutcomeOf['nack'] | Refusal {
  // All receipts are checked before anything is applied.
  const checked = command.entries.map((entry, at) => {
    const message = tx.find(queue, entry.messageId);
    return { at, entry, message, verdict: checkReceipt(message, entry.receipt, 'nack') };
  });
  const done = new Set<string>();
  const failedGroups = new Set<string>();
  const results: OutcomeOf['nack']['results'][number][] = [];
  for (const { at, entry, message, verdict } of inSeqOrder(queue, checked)) {
    const { messageId } = entry;
    if (verdict === 'lease_lost') {
      results[at] = { messageId, ...leaseLost(messageId) };
    } else if (verdict === 'no_effect' || message === undefined || done.has(messageId)) {
      results[at] = { messageId, ok: true, nacked: false, requeued: false };
    } else {
      done.add(messageId);
      const requeued = nackOne(tx, queue, message, entry, command.keyId ?? null, failedGroups);
      results[at] = { messageId, ok: true, nacked: true, requeued };
    }
  }
  const only = results[0];
  return !command.batch && only?.ok === false ? only : { results };
}

/**
 * In a FIFO queue, messages are handled in the order of their message group, not in that of the call.
 */
function inSeqOrder<T extends { message: MessageEntry | undefined }>(
  queue: QueueEntry,
  entries: T[],
): T[] {
  if (queue.type !== 'fifo') return entries;
  return entries.sort((a, b) => (a.message?.seq ?? 0) - (b.message?.seq ?? 0));
}

/**
 * @param failedGroups message groups in which this call has already counted a failure
 * @returns whether the message is to be delivered again
 */
function nackOne(
  tx: MessageTransaction,
  queue: QueueEntry,
  checked: MessageEntry,
  entry: NackEntry,
  keyId: string | null,
  failedGroups: Set<string>,
): boolean {
  const { groupKey } = checked;
  // Earlier entries of the same message group may have withdrawn this message's lease.
  const message =
    groupKey === null ? checked : (tx.find(queue, entry.messageId) as MessageEntry | undefined);
  // A withdrawn message that was past its retention has been removed.
  if (message === undefined) return false;
  if (entry.requeue && groupKey !== null && failedGroups.has(groupKey)) {
    return message.state !== STATE.leased || returnMessage(tx, queue, message, WITHOUT_FAILURE);
  }
  if (entry.withoutFailure) {
    const { delayMs, error } = entry;
    return returnMessage(tx, queue, message, { ...WITHOUT_FAILURE, delayMs, error });
  }
  if (entry.requeue && groupKey !== null) failedGroups.add(groupKey);
  const policy = failurePolicy(tx, queue, message);
  const next = afterFailure(message, policy, { expired: false, ...entry });
  const how = entry.requeue ? ('nack' as const) : ('rejected' as const);
  const failure = { how, error: entry.error, keyId };
  return failMessage(tx, queue, message, next, { ...failure, policy }, LEASE_END.returned);
}

function extend(
  tx: MessageTransaction,
  queue: QueueEntry,
  command: ExtendCommand,
): OutcomeOf['extend'] | Refusal {
  const message = tx.find(queue, command.messageId);
  const verdict = checkReceipt(message, command.receipt, 'extend');
  if (verdict === 'lease_lost') return leaseLost(command.messageId);
  if (verdict === 'no_effect' || message === undefined) {
    return { extended: false, leaseExpiresAtMs: null };
  }
  if (command.visibilityTimeoutMs === 0) {
    returnMessage(tx, queue, message, WITHOUT_FAILURE);
    return { extended: true, leaseExpiresAtMs: null };
  }
  const leaseExpiresAtMs = tx.nowMs + command.visibilityTimeoutMs;
  if (extendsTooFar(message.leasedAtMs as number, leaseExpiresAtMs)) return leaseTooLong();
  tx.change(message, { dueAtMs: leaseExpiresAtMs });
  return { extended: true, leaseExpiresAtMs };
}

/**
 * Whether a lease has ended without being settled yet. It is settled first: no late call may act as if it
 * were still valid.
 */
export const leaseRanOut = (
  { nowMs, leasesKeptUntilMs }: Pick<MessageTransaction, 'nowMs' | 'leasesKeptUntilMs'>,
  { state, dueAtMs }: Pick<MessageEntry, 'state' | 'dueAtMs'>,
): boolean =>
  state === STATE.leased && dueAtMs !== null && dueAtMs <= nowMs && dueAtMs > leasesKeptUntilMs;

/** Ends the delay or the lease of a message that is due. */
export function settle(tx: MessageTransaction, queue: QueueEntry, message: MessageEntry): void {
  if (message.state === STATE.delayed) {
    releaseDelayed(tx, queue, message);
  } else if (message.groupKey !== null) {
    endLeasesOfMessageGroup(tx, queue, message.groupKey);
  } else if (message.state === STATE.leased) {
    failExpired(tx, queue, message);
  }
}

function failExpired(tx: MessageTransaction, queue: QueueEntry, message: MessageEntry): void {
  const policy = failurePolicy(tx, queue, message);
  const next = afterFailure(message, policy, { expired: true });
  const failure = { how: 'expired_lease' as const, error: null, keyId: message.leasedBy };
  failMessage(tx, queue, message, next, { ...failure, policy }, LEASE_END.expired);
}

/**
 * Ends the expired leases of a message group. One consumer that crashed may have held many of them: only
 * the message whose turn it was counts a failure, even if that makes it a dead letter.
 */
function endLeasesOfMessageGroup(
  tx: MessageTransaction,
  queue: QueueEntry,
  groupKey: string,
): void {
  let failed = false;
  for (;;) {
    const held = tx.heldInMessageGroup(queue, groupKey);
    const ranOut = firstToRunOut(tx, held);
    if (ranOut.length === 0) return;
    const head = held[0] as MessageEntry;
    if (!failed && ranOut.includes(head)) {
      failExpired(tx, queue, head);
      failed = true;
      continue;
    }
    // It was not their turn. They ran out by themselves, so each of them still accepts a late ack.
    returnTogether(tx, queue, ranOut, { ...WITHOUT_FAILURE, how: LEASE_END.expired });
  }
}

/** The leases that ran out first, all at the same time, in the order of the queue. */
function firstToRunOut(tx: MessageTransaction, held: readonly MessageEntry[]): MessageEntry[] {
  let firstEndMs = Number.POSITIVE_INFINITY;
  let first: MessageEntry[] = [];
  for (const message of held) {
    const endMs = message.dueAtMs ?? Number.POSITIVE_INFINITY;
    if (!leaseRanOut(tx, message) || endMs > firstEndMs) continue;
    if (endMs < firstEndMs) first = [];
    firstEndMs = endMs;
    first.push(message);
  }
  return first;
}
