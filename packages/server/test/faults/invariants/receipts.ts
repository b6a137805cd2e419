import { type Call, isSameCall, type SettleName, succeeded } from '../calls/calls.js';
import {
  compareDeliveries,
  type Delivery,
  type History,
  hiddenDeliveriesAtMost,
  type MessageHistory,
  queueChain,
} from '../ledger/ledger-history.js';
import type { Invariant, Violation } from '../ledger/violation.js';

/** Each receipt names one delivery, deliveries are counted, and only the latest receipt settles. */
export const checkReceipts: Invariant = (history) => {
  const violations: Violation[] = [];
  const owners = new Map<string, Delivery>();
  for (const message of history.messages.values()) {
    for (const delivery of message.deliveries) {
      violations.push(...checkReuse(delivery, owners));
    }
    violations.push(...checkCounts(history, message));
    violations.push(...checkCountGap(history, message));
    violations.push(...checkStaleReceipts(history, message));
  }
  return violations;
};

function checkReuse(delivery: Delivery, owners: Map<string, Delivery>): Violation[] {
  const { messageId, receipt } = delivery;
  const owner = owners.get(receipt);
  owners.set(receipt, delivery);
  const keys = new Set(delivery.showings.map((call) => call.request.idempotencyKey ?? call.id));
  if (owner === undefined && keys.size === 1) return [];
  const callIds = [...(owner?.showings ?? []), ...delivery.showings].map((call) => call.id);
  const detail = `receipt ${receipt} names more than one delivery`;
  return [{ invariant: 'receipt-reused', detail, messageId, callIds }];
}

/** A delivery that came after another, by the client's clock, has the higher count. */
function checkCounts(history: History, message: MessageHistory): Violation[] {
  const { deliveries, messageId } = message;
  const violations: Violation[] = [];
  for (const [index, lower] of deliveries.entries()) {
    for (const higher of deliveries.slice(index + 1)) {
      const repeated = compareDeliveries(history, message, lower, higher) === 0;
      // A replay must not return a delivery after a later one has been made.
      const backwards = lower.showings.find((call) => call.startedAtMs > higher.answeredAtMs);
      if (!repeated && backwards === undefined) continue;
      const detail = `delivery ${lower.deliveryCount} (${lower.receipt}) and ${higher.deliveryCount} (${higher.receipt}) are out of order`;
      const callIds = [...lower.showings, ...higher.showings].map((call) => call.id);
      violations.push({ invariant: 'delivery-count-order', detail, messageId, callIds });
    }
  }
  return violations;
}

/** The count grows by one for each delivery, seen by a client or lost with an answer. */
function checkCountGap(history: History, message: MessageHistory): Violation[] {
  const { deliveries, messageId, publication } = message;
  const highest = Math.max(0, ...deliveries.map((delivery) => delivery.deliveryCount));
  if (publication === undefined || highest <= deliveries.length) return [];
  const chain = queueChain(history, publication.queue);
  const hidden = hiddenDeliveriesAtMost(history, chain, publication.startedAtMs);
  if (highest <= deliveries.length + hidden) return [];
  const detail = `delivery_count ${highest} after ${deliveries.length} deliveries and at most ${hidden} unseen`;
  const callIds = deliveries.flatMap((delivery) => delivery.showings.map((call) => call.id));
  return [{ invariant: 'delivery-count-gap', detail, messageId, callIds }];
}

function checkStaleReceipts(history: History, message: MessageHistory): Violation[] {
  const violations: Violation[] = [];
  const settles: Call<SettleName>[] = [...message.acks, ...message.nacks, ...message.extends];
  for (const call of settles) {
    if (!succeeded(call)) continue;
    const used = message.deliveries.find((held) => held.receipt === call.request.receipt);
    if (used === undefined) continue;
    // The first attempt under a key decides: a replay repeats its answer for a day.
    const startedAtMs = Math.min(
      ...settles.filter((other) => isSameCall(other, call)).map((other) => other.startedAtMs),
    );
    const overtaken = message.deliveries.find(
      (delivery) =>
        compareDeliveries(history, message, used, delivery) < 0 &&
        delivery.answeredAtMs < startedAtMs,
    );
    if (overtaken === undefined) continue;
    violations.push({
      invariant: 'stale-receipt-accepted',
      detail: `${call.name} with ${used.receipt} succeeded after delivery ${overtaken.receipt}`,
      messageId: message.messageId,
      callIds: [...overtaken.showings.map((showing) => showing.id), call.id],
    });
  }
  return violations;
}
