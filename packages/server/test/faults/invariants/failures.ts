import { aimsAt, mayHaveActed, succeeded } from '../calls/calls.js';
import { budgetsEver, type FailureBudgets } from '../failure-budgets.js';
import type { Delivery, History, MessageHistory } from '../ledger/ledger-history.js';
import type { Invariant, Violation } from '../ledger/violation.js';

/**
 * A message fails once for each delivery, and becomes a dead letter only after its last one of a kind.
 */
export const checkFailures: Invariant = (history) => {
  const violations: Violation[] = [];
  for (const message of history.messages.values()) {
    for (const queue of new Set(message.deliveries.map((delivery) => delivery.queue))) {
      const budgets = budgetsEver(history, queue);
      // FIFO leases may be withdrawn without a failure, so nothing can be proven there.
      if (budgets === undefined || history.queues.get(queue)?.type === 'fifo') continue;
      violations.push(...tooManyFailures(message, queue, budgets.most));
    }
    violations.push(...deadTooEarly(history, message));
  }
  return violations;
};

function tooManyFailures(
  message: MessageHistory,
  queue: string,
  { maxRetries, maxExpiredLeases }: FailureBudgets,
): Violation[] {
  const deliveries = message.deliveries.filter((delivery) => delivery.queue === queue);
  const failed = { nacked: 0, expired: 0, either: 0 };
  for (const [index, delivery] of deliveries.entries()) {
    const next = deliveries[index + 1];
    if (next === undefined) break;
    // Another delivery proves that this one failed, unless it was released.
    if (!mayBeGivenBack(message, delivery)) failed[howItFailed(message, delivery)] += 1;
    const { nacked, expired, either } = failed;
    const isOver =
      nacked > maxRetries ||
      expired > maxExpiredLeases ||
      nacked + expired + either > maxRetries + maxExpiredLeases;
    if (!isOver) continue;
    return [
      {
        invariant: 'too-many-failures',
        detail: `delivered from ${queue} after ${nacked} nacks, ${expired} expired leases and ${either} failures of either kind, with max_retries ${maxRetries} and max_expired_leases ${maxExpiredLeases}`,
        messageId: message.messageId,
        callIds: next.showings.map((call) => call.id),
      },
    ];
  }
  return [];
}

/** A nack whose answer was lost may have arrived in time or not. */
function howItFailed(
  { nacks }: MessageHistory,
  { receipt }: Delivery,
): 'nacked' | 'expired' | 'either' {
  if (nacks.some((nack) => nack.request.receipt === receipt && succeeded(nack))) return 'nacked';
  return nacks.some((nack) => aimsAt(nack, receipt) && mayHaveActed(nack)) ? 'either' : 'expired';
}

function mayBeGivenBack(message: MessageHistory, delivery: Delivery): boolean {
  return message.extends.some(
    (call) =>
      call.request.visibilityTimeoutMs === 0 &&
      aimsAt(call, delivery.receipt) &&
      mayHaveActed(call),
  );
}

/** Each nack needs a delivery, so the delivery count is an upper bound of the nacks. */
function deadTooEarly(history: History, message: MessageHistory): Violation[] {
  const violations: Violation[] = [];
  for (const nack of message.nacks) {
    const answer = nack.outcome.kind === 'answered' ? nack.outcome.answer : undefined;
    if (answer?.nacked !== true || answer.requeued || nack.request.requeue === false) continue;
    const delivery = message.deliveries.find((held) => held.receipt === nack.request.receipt);
    const maxRetries = budgetsEver(history, nack.request.queue)?.least.maxRetries;
    if (delivery === undefined || maxRetries === undefined) continue;
    if (delivery.deliveryCount >= 1 + maxRetries) continue;
    violations.push({
      invariant: 'dead-letter-too-early',
      detail: `a dead letter after ${delivery.deliveryCount} deliveries, with ${maxRetries} retries`,
      messageId: message.messageId,
      callIds: [nack.id],
    });
  }
  return violations;
}
