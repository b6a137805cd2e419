import { aimsAt, type Call, mayHaveActed, type SettleName } from '../calls/calls.js';
import { leaseHeldUntilMs, leaseKeptUntilMs } from '../lease-guarantee.js';
import {
  compareDeliveries,
  type Delivery,
  type History,
  type MessageHistory,
} from '../ledger/ledger-history.js';
import type { CheckOptions, Invariant, Violation } from '../ledger/violation.js';
import { isFifo, notWithdrawnUntilMs } from '../load/message-groups.js';
import { mayBePurged } from '../load/purges.js';

/** Each message has one holder, whose lease is ended early by no other consumer and no restart. */
export const checkLeases: Invariant = (history, options) => {
  const violations: Violation[] = [];
  for (const message of history.messages.values()) {
    violations.push(...doubleLeases(history, message, options));
    violations.push(...nackDelays(history, message, options));
    if (isFifo(history, message)) continue;
    violations.push(...refusedHolders(history, message, options));
  }
  return violations;
};

function doubleLeases(
  history: History,
  message: MessageHistory,
  options: CheckOptions,
): Violation[] {
  const violations: Violation[] = [];
  for (const [index, first] of message.deliveries.entries()) {
    for (const second of message.deliveries.slice(index + 1)) {
      if (second.receipt === first.receipt) continue;
      const takenAtMs = second.answeredAtMs;
      const keptUntilMs = leaseKeptUntilMs(
        ...([history, message, first, takenAtMs, options.restartGraceMs] as const),
      );
      const untilMs = isFifo(history, message)
        ? Math.min(keptUntilMs, notWithdrawnUntilMs(history, message, first, takenAtMs))
        : keptUntilMs;
      const earlyMs = untilMs - options.clockSlackMs - takenAtMs;
      if (earlyMs <= 0) continue;
      violations.push({
        invariant: 'double-lease',
        detail: `leased again at least ${Math.ceil(earlyMs)} ms before the lease of ${first.receipt} could end${restartsBetween(history, first, second)}`,
        messageId: message.messageId,
        callIds: [...first.showings, ...second.showings].map((call) => call.id),
      });
    }
  }
  return violations;
}

/**
 * A holder whose lease must still run never gets LEASE_LOST, nor an answer that there is nothing to
 * settle.
 */
function refusedHolders(
  history: History,
  message: MessageHistory,
  options: CheckOptions,
): Violation[] {
  const violations: Violation[] = [];
  const settles: Call<SettleName>[] = [...message.acks, ...message.nacks, ...message.extends];
  for (const call of settles) {
    if (!wasTurnedDown(call) || call.request.receipt === undefined) continue;
    const delivery = message.deliveries.find((held) => held.receipt === call.request.receipt);
    if (delivery === undefined || mayBePurged(history, message, call.endedAtMs)) continue;
    const rivals = message.acks.filter(
      (ack) => ack.id !== call.id && ack.startedAtMs < call.endedAtMs && mayHaveActed(ack),
    );
    if (rivals.some((ack) => aimsAt(ack, delivery.receipt))) continue;
    const { restartGraceMs, clockSlackMs } = options;
    const untilMs =
      call.name === 'ack'
        ? leaseKeptUntilMs(history, message, delivery, call.endedAtMs, restartGraceMs)
        : leaseHeldUntilMs(message, delivery, call.endedAtMs);
    if (call.endedAtMs >= untilMs - clockSlackMs) continue;
    violations.push({
      invariant: 'live-lease-refused',
      detail: `${call.name} with ${delivery.receipt} was refused ${Math.ceil(untilMs - call.endedAtMs)} ms before its lease could end`,
      messageId: message.messageId,
      callIds: [...delivery.showings.map((showing) => showing.id), call.id],
    });
  }
  return violations;
}

function wasTurnedDown(call: Call<SettleName>): boolean {
  if (call.outcome.kind === 'refused') return call.outcome.code === 'LEASE_LOST';
  return call.outcome.kind === 'answered' && !mayHaveActed(call);
}

/** A message nacked with a delay is not delivered before the delay is over. */
function nackDelays(history: History, message: MessageHistory, options: CheckOptions): Violation[] {
  const violations: Violation[] = [];
  for (const nack of message.nacks) {
    const { delayMs, receipt } = nack.request;
    const answer = nack.outcome.kind === 'answered' ? nack.outcome.answer : undefined;
    if (delayMs === undefined || answer?.nacked !== true || !answer.requeued) continue;
    const nacked = message.deliveries.find((delivery) => delivery.receipt === receipt);
    if (nacked === undefined) continue;
    const dueAtMs = nack.startedAtMs + delayMs - options.clockSlackMs;
    const early = message.deliveries.find(
      (delivery) =>
        compareDeliveries(history, message, nacked, delivery) < 0 &&
        delivery.queue === nacked.queue &&
        delivery.answeredAtMs < dueAtMs,
    );
    if (early === undefined) continue;
    violations.push({
      invariant: 'delivered-too-early',
      detail: `delivered before the nack's delay of ${delayMs} ms was over`,
      messageId: message.messageId,
      callIds: [nack.id, ...early.showings.map((call) => call.id)],
    });
  }
  return violations;
}

function restartsBetween(history: History, first: Delivery, second: Delivery): string {
  const restarted = history.events.some(
    (event) =>
      event.kind === 'server' &&
      event.change === 'starting' &&
      event.atMs > first.leasedNoEarlierThanMs &&
      event.atMs < second.answeredAtMs,
  );
  return restarted ? ', across a restart' : '';
}
