import {
  answerOf,
  type Call,
  isSameCall,
  mayHaveActed,
  type SettleName,
  succeeded,
} from '../calls/calls.js';
import { budgetsEver, fewestToDie } from '../failure-budgets.js';
import { leaseHeldUntilMs } from '../lease-guarantee.js';
import {
  type Delivery,
  type History,
  hiddenDeliveriesAtMost,
  type MessageHistory,
} from '../ledger/ledger-history.js';
import type { Invariant, Violation } from '../ledger/violation.js';
import { groupsOf, isBefore } from '../load/message-groups.js';
import { mayBePurged } from '../load/purges.js';

/** No message is delivered while an unsettled message certainly precedes it in its message group. */
export const checkGroupOrder: Invariant = (history) => {
  const violations: Violation[] = [];
  for (const group of groupsOf(history)) {
    for (const message of group) {
      const earlier = group.filter((other) => isBefore(other, message));
      for (const delivery of message.deliveries) {
        const overtaken = earlier.find(
          (other) => !mayHaveLeft(history, other, delivery) && !comesWith(other, delivery),
        );
        if (overtaken === undefined) continue;
        violations.push({
          invariant: 'group-order',
          detail: `delivered while ${overtaken.messageId}, which precedes it, was unsettled`,
          messageId: message.messageId,
          callIds: [...idsOf(delivery), ...overtaken.deliveries.flatMap(idsOf)],
        });
      }
    }
  }
  return violations;
};

/** When a message is requeued, the later messages leased with it lose their receipts. */
export const checkWithdrawals: Invariant = (history) => {
  const violations: Violation[] = [];
  for (const group of groupsOf(history)) {
    for (const later of group) {
      for (const held of later.deliveries) {
        for (const first of group.filter((other) => isBefore(other, later))) {
          violations.push(...settledInSpite(later, held, first));
        }
      }
    }
  }
  return violations;
};

function settledInSpite(later: MessageHistory, held: Delivery, first: MessageHistory): Violation[] {
  const together = first.deliveries.find(({ showings }) => showings[0] === held.showings[0]);
  if (together === undefined) return [];
  const [again] = first.deliveries
    .filter(({ deliveryCount }) => deliveryCount > together.deliveryCount)
    .sort((a, b) => a.answeredAtMs - b.answeredAtMs);
  if (again === undefined) return [];
  // A lease that may have run out by itself was not certainly withdrawn.
  if (leaseHeldUntilMs(later, held, again.answeredAtMs) <= again.answeredAtMs) return [];
  const settles: Call<SettleName>[] = [...later.acks, ...later.nacks, ...later.extends];
  const accepted = settles.find((call) => {
    const begunAtMs = Math.min(
      ...settles.filter((other) => isSameCall(other, call)).map((other) => other.startedAtMs),
    );
    const isLate = begunAtMs > again.answeredAtMs;
    return isLate && call.request.receipt === held.receipt && succeeded(call);
  });
  if (accepted === undefined) return [];
  return [
    {
      invariant: 'withdrawn-receipt-accepted',
      detail: `settled with ${held.receipt} after ${first.messageId}, leased with it, was delivered again`,
      messageId: later.messageId,
      callIds: [...idsOf(held), ...idsOf(again), accepted.id],
    },
  ];
}

/** By then it may have been settled, become a dead letter, or been purged. */
function mayHaveLeft(history: History, message: MessageHistory, by: Delivery): boolean {
  const { publication, deliveries } = message;
  const beforeThen = (call: Call<SettleName>) =>
    call.startedAtMs < by.answeredAtMs && mayHaveActed(call);
  if (message.acks.some(beforeThen) || mayBePurged(history, message, by.answeredAtMs)) return true;
  if (message.nacks.some((nack) => nack.request.requeue === false && beforeThen(nack))) return true;
  const tries = deliveries.filter((held) => held.leasedNoEarlierThanMs < by.answeredAtMs).length;
  const sinceMs = publication?.startedAtMs ?? 0;
  const hidden = hiddenDeliveriesAtMost(history, [by.queue], sinceMs);
  return tries + hidden >= fewestToDie(budgetsEver(history, by.queue)?.least);
}

/** True when it is in the same answer, before the other. */
function comesWith(message: MessageHistory, { messageId, showings }: Delivery): boolean {
  const [first] = showings;
  const ids = (first && answerOf(first)?.messages.map((shown) => shown.messageId)) ?? [];
  const at = ids.indexOf(message.messageId);
  return at >= 0 && at < ids.indexOf(messageId);
}

const idsOf = ({ showings }: Delivery): number[] => showings.map((call) => call.id);
