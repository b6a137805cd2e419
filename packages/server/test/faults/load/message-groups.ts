import { answerOf, mayHaveActed } from '../calls/calls.js';
import { NOT_GUARANTEED } from '../lease-guarantee.js';
import type { Delivery, History, MessageHistory } from '../ledger/ledger-history.js';

/** Finds the message groups of FIFO queues in the ledger. */

export function isFifo(history: History, message: MessageHistory): boolean {
  const queue = message.publication?.queue;
  return queue !== undefined && history.queues.get(queue)?.type === 'fifo';
}

const groupsByHistory = new WeakMap<History, MessageHistory[][]>();

/**
 * The messages of each message group. FIFO queues here neither send nor receive dead letters of other
 * queues.
 */
export function groupsOf(history: History): readonly MessageHistory[][] {
  const known = groupsByHistory.get(history);
  if (known !== undefined) return known;
  const groups = new Map<string, MessageHistory[]>();
  for (const message of history.messages.values()) {
    if (!isFifo(history, message)) continue;
    const name = nameOf(message);
    groups.set(name, [...(groups.get(name) ?? []), message]);
  }
  const found = [...groups.values()];
  groupsByHistory.set(history, found);
  return found;
}

const nameOf = ({ publication }: MessageHistory): string =>
  JSON.stringify([publication?.queue, publication?.attempts[0]?.request.groupId ?? null]);

/**
 * Whether one message certainly precedes the other: its publish was answered before the other's began.
 */
export function isBefore(a: MessageHistory, b: MessageHistory): boolean {
  const answeredAtMs = Math.min(
    ...(a.publication?.attempts ?? [])
      .filter((call) => answerOf(call) !== undefined)
      .map(({ endedAtMs }) => endedAtMs),
  );
  return answeredAtMs < (b.publication?.startedAtMs ?? Number.NEGATIVE_INFINITY);
}

/**
 * The time until which a lease in a message group certainly cannot have been withdrawn: the messages
 * leased with it have leases of the same length, and no call may have released or changed any of them.
 */
export function notWithdrawnUntilMs(
  history: History,
  message: MessageHistory,
  delivery: Delivery,
  asOfMs: number,
): number {
  const name = nameOf(message);
  const mates = groupsOf(history).find(([first]) => first !== undefined && nameOf(first) === name);
  const disturbed = (mates ?? []).some((mate) =>
    [...mate.nacks, ...mate.extends].some(
      (call) =>
        call.startedAtMs < asOfMs &&
        call.endedAtMs > delivery.leasedNoEarlierThanMs &&
        mayHaveActed(call),
    ),
  );
  return disturbed ? NOT_GUARANTEED : delivery.leasedNoEarlierThanMs + delivery.visibilityTimeoutMs;
}
