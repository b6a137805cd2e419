import { answerOf, succeeded } from '../calls/calls.js';
import { failuresToDie, isBrittle } from '../failure-budgets.js';
import { leaseHeldUntilMs } from '../lease-guarantee.js';
import {
  addCall,
  addDelivery,
  changeDelay,
  changeDeliveries,
  changeOutcome,
  dropCalls,
} from '../ledger/ledger-edits.js';
import type { LedgerEvent } from '../ledger/ledger-events.js';
import {
  buildHistory,
  type Delivery,
  type History,
  type MessageHistory,
} from '../ledger/ledger-history.js';
import type { InvariantName } from '../ledger/violation.js';
import { isFifo } from '../load/message-groups.js';
import { plantOvertaking, plantReceiptThatOutlives } from './planted-group-faults.js';
import {
  plantHeldUpNode,
  plantHiddenMessage,
  plantLostUpdate,
  plantPurgedMessage,
  plantSilentNode,
} from './planted-node-faults.js';

type Plant = (history: History) => LedgerEvent[];

/** Each falsifies one promise in a real ledger, to show that the checker would notice. */
const PLANTS = {
  'lost-message': (history) => {
    const message = someMessage(
      history,
      (it) => neverDies(history, it) && it.deliveries.length > 0,
    );
    const settles = [...message.acks, ...message.nacks, ...message.extends];
    const kept = dropCalls(history.events, new Set(settles.map((call) => call.id)));
    return changeDeliveries(kept, (it) => (it.messageId === message.messageId ? undefined : it));
  },
  'not-drained': (history) => changeStats(history, 'available', 1),
  'stats-balance': (history) => changeStats(history, 'dlq', 1_000_000),
  'invented-message': ({ events, queues }) => {
    const queue = [...queues.keys()][0] ?? '';
    const made = { messageId: 'planted', payload: '"planted"', receipt: 'planted' };
    return addDelivery(events, endOf(events), queue, { ...made, deliveryCount: 1 });
  },
  'altered-payload': (history) => {
    const { messageId } = someMessage(
      history,
      ({ publication, deliveries }) =>
        deliveries.length > 0 &&
        publication?.attempts.some((call) => answerOf(call) !== undefined) === true,
    );
    return changeDeliveries(history.events, (it) =>
      it.messageId === messageId ? { ...it, payload: `${it.payload} ` } : it,
    );
  },
  'refused-publish-delivered': (history) => {
    const message = someMessage(
      history,
      ({ publication, deliveries }) => publication?.attempts.length === 1 && deliveries.length > 0,
    );
    const callId = message.publication?.attempts[0]?.id ?? 0;
    return changeOutcome(history.events, callId, {
      kind: 'refused',
      status: 503,
      code: 'OVERLOADED',
    });
  },
  'duplicate-publish': (history) => {
    const message = someMessage(history, ({ publication }) => hasKey(publication));
    const { attempts } = message.publication ?? { attempts: [] };
    const request = attempts[0]?.request;
    if (request === undefined) throw new Error('a keyed publish has no attempt');
    const answer = { messageId: 'planted' };
    return addCall(history.events, endOf(history.events), 'publish', request, answer);
  },
  'double-lease': (history) => {
    const { message, delivery } = someDelivery(history, (it, held) => {
      const soonMs = held.answeredAtMs + 1;
      return !isFifo(history, it) && leaseHeldUntilMs(it, held, soonMs) > soonMs + 200;
    });
    return deliverAgain(history, message, delivery, delivery.answeredAtMs + 1);
  },
  'live-lease-refused': (history) => {
    const ack = history.calls.ack.find((call) => {
      const message = history.messages.get(call.request.messageId);
      const held = message?.deliveries.find((it) => it.receipt === call.request.receipt);
      if (message === undefined || held === undefined || !succeeded(call)) return false;
      if (isFifo(history, message)) return false;
      const onlyAck = message.acks.length === 1;
      return onlyAck && leaseHeldUntilMs(message, held, call.endedAtMs) > call.endedAtMs + 200;
    });
    const outcome = { kind: 'refused', status: 409, code: 'LEASE_LOST' } as const;
    return changeOutcome(history.events, required(ack).id, outcome);
  },
  'ack-then-delivered': (history) => {
    const message = someMessage(history, (it) => it.acks.some(succeeded) && isDelivered(it));
    const last = required(message.deliveries.at(-1));
    return deliverAgain(history, message, last, endOf(history.events));
  },
  'settled-twice': (history) => {
    const ack = required(history.calls.ack.find(succeeded));
    const { queue, messageId } = ack.request;
    const atMs = endOf(history.events);
    return addCall(history.events, atMs, 'ack', { queue, messageId }, { acked: true });
  },
  'stale-receipt-accepted': (history) => {
    const { messageId, deliveries } = someMessage(history, (it) => it.deliveries.length > 1);
    const { queue, receipt } = required(deliveries[0]);
    const atMs = endOf(history.events);
    return addCall(history.events, atMs, 'ack', { queue, messageId, receipt }, { acked: true });
  },
  'receipt-reused': (history) => {
    const { message, delivery } = someDelivery(history, () => true);
    const again = { ...message, ...delivery };
    return addDelivery(history.events, endOf(history.events), delivery.queue, again);
  },
  'delivery-count-order': (history) => {
    const { messageId, deliveries } = someMessage(
      history,
      (it) => it.deliveries.length > 1 && it.deliveries[0]?.queue === it.deliveries[1]?.queue,
    );
    const { deliveryCount } = required(deliveries[0]);
    return changeDeliveries(history.events, (it) =>
      it.messageId === messageId ? { ...it, deliveryCount } : it,
    );
  },
  'too-many-failures': (history) => {
    const { message, delivery } = someDelivery(
      history,
      (it, held) => !isFifo(history, it) && isBrittle(history.queues.get(held.queue)),
    );
    let { events } = history;
    let next = message.deliveries.filter((it) => it.queue === delivery.queue).at(-1) ?? delivery;
    for (let extra = 1; extra <= 12; extra += 1) {
      const receipt = `planted-${extra}`;
      next = { ...next, receipt, deliveryCount: next.deliveryCount + 1 };
      events = addDelivery(events, endOf(events) + 60_000, delivery.queue, next);
    }
    return [...events];
  },
  'group-order': plantOvertaking,
  'withdrawn-receipt-accepted': plantReceiptThatOutlives,
  unanswered: (history) => plantSilentNode(history, endOf(history.events)),
  'held-up': (history) => plantHeldUpNode(history, endOf(history.events)),
  overlooked: (history) => plantHiddenMessage(history, endOf(history.events)),
  'purged-then-delivered': (history) => plantPurgedMessage(history, endOf(history.events)),
  'lost-update': (history) => plantLostUpdate(history, endOf(history.events)),
  'delivered-too-early': (history) => {
    const message = someMessage(
      history,
      ({ publication, deliveries }) => publication?.attempts.length === 1 && deliveries.length > 0,
    );
    return changeDelay(history.events, message.publication?.attempts[0]?.id ?? 0, 3_600_000);
  },
} satisfies Partial<Record<InvariantName, Plant>>;

export type PlantName = keyof typeof PLANTS;

export const PLANT_NAMES = Object.keys(PLANTS) as PlantName[];

/** Falsifies the ledger; the plant is named after the invariant that must report it. */
export function plantFault(name: PlantName, events: readonly LedgerEvent[]): LedgerEvent[] {
  return PLANTS[name](buildHistory(events));
}

function deliverAgain(
  history: History,
  { messageId }: MessageHistory,
  { queue, payload, deliveryCount }: Delivery,
  atMs: number,
): LedgerEvent[] {
  const again = { messageId, payload, receipt: 'planted', deliveryCount: deliveryCount + 1 };
  return addDelivery(history.events, atMs, queue, again);
}

function changeStats(history: History, field: 'available' | 'dlq', more: number): LedgerEvent[] {
  const call = required(history.calls.stats.at(-1));
  const answer = required(answerOf(call));
  const changed = { ...answer, [field]: answer[field] + more };
  return changeOutcome(history.events, call.id, { kind: 'answered', answer: changed });
}

function someMessage(
  history: History,
  suits: (message: MessageHistory) => boolean,
): MessageHistory {
  return required([...history.messages.values()].find(suits));
}

function someDelivery(
  history: History,
  suits: (message: MessageHistory, delivery: Delivery) => boolean,
): { message: MessageHistory; delivery: Delivery } {
  for (const message of history.messages.values()) {
    const delivery = message.deliveries.find((held) => suits(message, held));
    if (delivery !== undefined) return { message, delivery };
  }
  throw new Error('the run has no suitable place for this fault');
}

function neverDies(history: History, { publication }: MessageHistory): boolean {
  const settings = history.queues.get(publication?.queue ?? '');
  const answered = publication?.attempts.some((call) => answerOf(call) !== undefined) ?? false;
  return answered && settings?.deadLetterQueue === undefined && failuresToDie(settings) > 10;
}

function hasKey(publication: MessageHistory['publication']): boolean {
  return publication?.idempotencyKey !== undefined;
}

function isDelivered(message: MessageHistory): boolean {
  return message.deliveries.length > 0;
}

function endOf(events: readonly LedgerEvent[]): number {
  return events.reduce((last, event) => Math.max(last, event.atMs), 0) + 1;
}

function required<T>(found: T | undefined): T {
  if (found === undefined) {
    throw new Error('the run has no suitable place for this fault');
  }
  return found;
}
