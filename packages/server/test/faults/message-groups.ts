import { answerOf, mayHaveActed } from './calls.js';
import { NOT_GUARANTEED } from './lease-guarantee.js';
import type { Delivery, History, MessageHistory } from './ledger-history.js';

/** What the ledger says of the groups of FIFO queues. */

export function isFifo(history: History, message: MessageHistory): boolean {
  const queue = message.publication?.queue;
  return queue !== undefined && history.queues.get(queue)?.type === 'fifo';
}

const groupsByHistory = new WeakMap<History, MessageHistory[][]>();

/** The messages of each group. Nothing here moves on to another queue or comes back from one. */
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

/** Whether one surely has its place before the other: it was published when that one was begun. */
export function isBefore(a: MessageHistory, b: MessageHistory): boolean {
  const answeredAtMs = Math.min(
    ...(a.publication?.attempts ?? [])
      .filter((call) => answerOf(call) !== undefined)
      .map(({ endedAtMs }) => endedAtMs),
  );
  return answeredAtMs < (b.publication?.startedAtMs ?? Number.NEGATIVE_INFINITY);
}

/**
 * Until when a lease in a FIFO group can surely not have been withdrawn: what was leased with it has
 * a lease of the same length, and nobody has given any of that back or changed it.
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
