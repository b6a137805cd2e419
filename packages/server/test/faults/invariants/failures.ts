import { aimsAt, mayHaveActed } from '../calls.js';
import type { Delivery, History, MessageHistory } from '../ledger-history.js';
import type { Invariant, Violation } from '../violation.js';

/** A message fails once for each try and no more, and becomes a dead letter only after the last. */
export const checkFailures: Invariant = (history) => {
  const violations: Violation[] = [];
  for (const message of history.messages.values()) {
    for (const queue of new Set(message.deliveries.map((delivery) => delivery.queue))) {
      const settings = history.queues.get(queue);
      // FIFO leases may be withdrawn without a failure, so that nothing can be proven there.
      if (settings === undefined || settings.type === 'fifo') continue;
      const triesAtMost = 1 + settings.maxRetries;
      violations.push(...tooManyFailures(message, queue, triesAtMost));
    }
    violations.push(...deadTooEarly(history, message));
  }
  return violations;
};

function tooManyFailures(message: MessageHistory, queue: string, triesAtMost: number): Violation[] {
  const deliveries = message.deliveries.filter((delivery) => delivery.queue === queue);
  let failures = 0;
  for (const [index, delivery] of deliveries.entries()) {
    const next = deliveries[index + 1];
    // That the message came again proves that this delivery failed, unless it was given back.
    const failed = next !== undefined ? !mayBeGivenBack(message, delivery) : false;
    if (failed) failures += 1;
    if (next === undefined || failures < triesAtMost) continue;
    return [
      {
        invariant: 'too-many-failures',
        detail: `delivered from ${queue} after ${failures} failures, where ${triesAtMost} end it`,
        messageId: message.messageId,
        callIds: next.showings.map((call) => call.id),
      },
    ];
  }
  return [];
}

function mayBeGivenBack(message: MessageHistory, delivery: Delivery): boolean {
  return message.extends.some(
    (call) =>
      call.request.visibilityTimeoutMs === 0 &&
      aimsAt(call, delivery.receipt) &&
      mayHaveActed(call),
  );
}

/** Each failure needs a delivery, so that the delivery count bounds the failures from above. */
function deadTooEarly(history: History, message: MessageHistory): Violation[] {
  const violations: Violation[] = [];
  for (const nack of message.nacks) {
    const answer = nack.outcome.kind === 'answered' ? nack.outcome.answer : undefined;
    if (answer?.nacked !== true || answer.requeued || nack.request.requeue === false) continue;
    const delivery = message.deliveries.find((held) => held.receipt === nack.request.receipt);
    const maxRetries = history.queues.get(nack.request.queue)?.maxRetries;
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
