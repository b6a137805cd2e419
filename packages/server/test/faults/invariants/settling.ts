import { type Call, isSameCall, type SettleName, succeeded } from '../calls/calls.js';
import { compareDeliveries, type History, type MessageHistory } from '../ledger/ledger-history.js';
import type { Invariant, Violation } from '../ledger/violation.js';

/** A settled message stays settled: an acked message is gone, and no receipt settles twice. */
export const checkSettling: Invariant = (history) => {
  const violations: Violation[] = [];
  for (const message of history.messages.values()) {
    violations.push(...deliveredAfterAck(history, message));
    violations.push(...settledTwice(message));
  }
  return violations;
};

function deliveredAfterAck(history: History, message: MessageHistory): Violation[] {
  const violations: Violation[] = [];
  for (const ack of message.acks) {
    if (!succeeded(ack)) continue;
    const acked = message.deliveries.find((delivery) => delivery.receipt === ack.request.receipt);
    for (const delivery of message.deliveries) {
      const shownLater = delivery.showings.filter((call) => call.startedAtMs > ack.endedAtMs);
      // An ack by receipt proves that this was the last delivery, whenever the other one came.
      const overtakes =
        acked !== undefined && compareDeliveries(history, message, acked, delivery) < 0;
      if (shownLater.length === 0 && !overtakes) continue;
      const showings = shownLater.length > 0 ? shownLater : delivery.showings;
      violations.push({
        invariant: 'ack-then-delivered',
        detail: `acked, but delivered as ${delivery.receipt}`,
        messageId: message.messageId,
        callIds: [ack.id, ...showings.map((call) => call.id)],
      });
    }
  }
  return violations;
}

/**
 * After an ack nothing settles the message; after a nack or a release the same receipt settles nothing.
 */
function settledTwice(message: MessageHistory): Violation[] {
  const violations: Violation[] = [];
  const settles = [...message.acks, ...message.nacks, ...message.extends].filter((call) =>
    succeeded(call),
  );
  for (const first of settles) {
    if (!endsTheLease(first)) continue;
    for (const second of settles) {
      if (isSameCall(first, second)) continue;
      const bothAcks = first.name === 'ack' && second.name === 'ack' && first.id < second.id;
      const { receipt } = second.request;
      const ruledOut =
        first.name === 'ack' || (receipt !== undefined && receipt === first.request.receipt);
      // A replay repeats the answer of an attempt that may have come before.
      const cameAfter =
        second.startedAtMs > first.endedAtMs && !settles.some((call) => precedes(call, second));
      if (!bothAcks && !(ruledOut && cameAfter)) continue;
      violations.push({
        invariant: 'settled-twice',
        detail: `${second.name} succeeded although ${first.name} had succeeded`,
        messageId: message.messageId,
        callIds: [first.id, second.id],
      });
    }
  }
  return violations;
}

function precedes(call: Call<SettleName>, other: Call<SettleName>): boolean {
  return call.id < other.id && isSameCall(call, other);
}

function endsTheLease(call: Call<SettleName>): boolean {
  if (call.name !== 'extend') return true;
  return (call as Call<'extend'>).request.visibilityTimeoutMs === 0;
}
