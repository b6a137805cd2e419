import { answerOf, type Call } from '../calls/calls.js';
import type { History, MessageHistory } from '../ledger/ledger-history.js';
import type { Invariant, Violation } from '../ledger/violation.js';
import { isFifo } from '../load/message-groups.js';
import { mayBePurged } from '../load/purges.js';

/**
 * A message that has been available for a while is found: a consume that gets fewer messages than it
 * asks for shows that no other was available. Only first deliveries are checked, whose start is known
 * exactly.
 */
export const checkOverlooked: Invariant = (history, { overlookedMs }) => {
  const violations: Violation[] = [];
  const misses = missesByQueue(history);
  for (const message of history.messages.values()) {
    const availableAtMs = surelyAvailableAtMs(message);
    const [first] = message.deliveries;
    if (first === undefined || first.deliveryCount !== 1 || isFifo(history, message)) continue;
    if (first.queue !== message.publication?.queue) continue;
    const leasedAtMs = Math.min(...first.showings.map(({ startedAtMs }) => startedAtMs));
    const miss = misses
      .get(first.queue)
      ?.find((call) => call.startedAtMs > availableAtMs + overlookedMs);
    // Another consume under way may have leased it already.
    if (miss === undefined || miss.endedAtMs >= leasedAtMs) continue;
    if (mayBePurged(history, message, miss.endedAtMs)) continue;
    violations.push({
      invariant: 'overlooked',
      detail: `not delivered by a call that asked for more, ${Math.round(miss.startedAtMs - availableAtMs)} ms after it was available`,
      messageId: message.messageId,
      callIds: [miss.id, ...first.showings.map(({ id }) => id)],
    });
  }
  return violations;
};

/** Calls that got fewer messages than they asked for. A key may replay an earlier answer. */
function missesByQueue(history: History): Map<string, Call<'consume'>[]> {
  const misses = new Map<string, Call<'consume'>[]>();
  for (const call of history.calls.consume) {
    const { queue, maxMessages, idempotencyKey } = call.request;
    const given = answerOf(call)?.messages.length;
    if (idempotencyKey !== undefined || given === undefined || given >= maxMessages) continue;
    const earlier = misses.get(queue);
    if (earlier === undefined) misses.set(queue, [call]);
    else earlier.push(call);
  }
  return misses;
}

function surelyAvailableAtMs({ publication }: MessageHistory): number {
  const answered = publication?.attempts.filter((call) => answerOf(call) !== undefined) ?? [];
  const publishedAtMs = Math.min(...answered.map(({ endedAtMs }) => endedAtMs));
  return publishedAtMs + (publication?.attempts[0]?.request.delayMs ?? 0);
}
