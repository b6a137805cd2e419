import { answerOf } from '../calls/calls.js';
import { leaseHeldUntilMs } from '../lease-guarantee.js';
import { addCall, addDelivery } from '../ledger/ledger-edits.js';
import type { LedgerEvent } from '../ledger/ledger-events.js';
import type { History, MessageHistory } from '../ledger/ledger-history.js';
import { groupsOf, isBefore } from '../load/message-groups.js';

/** Delivers a message while one that precedes it in its message group is still unsettled. */
export function plantOvertaking(history: History): LedgerEvent[] {
  for (const group of groupsOf(history)) {
    for (const message of group) {
      const { publication } = message;
      const atMs = Math.max(...(publication?.attempts ?? []).map(({ endedAtMs }) => endedAtMs)) + 1;
      const overtaken = group.find(
        (other) => isBefore(other, message) && firstSettleMs(other) > atMs + 1,
      );
      const queue = publication?.queue ?? '';
      const isSteady = (history.queues.get(queue)?.maxRetries ?? 0) > 500;
      if (!isSteady || overtaken === undefined || !Number.isFinite(atMs)) continue;
      const { messageId } = message;
      const payload = publication?.payload ?? '';
      const planted = { messageId, payload, receipt: 'planted', deliveryCount: 1 };
      return addDelivery(history.events, atMs, queue, planted);
    }
  }
  throw new Error('the run has no suitable place for this fault');
}

const firstSettleMs = ({ acks, nacks }: MessageHistory): number =>
  Math.min(...[...acks, ...nacks].map(({ startedAtMs }) => startedAtMs));

/** Delivers the first of two messages again, and acks the other with its earlier receipt. */
export function plantReceiptThatOutlives(history: History): LedgerEvent[] {
  for (const group of groupsOf(history)) {
    for (const later of group) {
      for (const held of later.deliveries) {
        const [consume] = held.showings;
        const ids = consume && answerOf(consume)?.messages.map(({ messageId }) => messageId);
        const first = group.find(
          (other) => ids?.includes(other.messageId) && isBefore(other, later),
        );
        const before = first?.deliveries.find(({ showings }) => showings[0] === consume);
        const atMs = held.answeredAtMs + 1;
        if (first === undefined || before === undefined) continue;
        if (leaseHeldUntilMs(later, held, atMs + 10) <= atMs + 10) continue;
        const { messageId, queue, receipt } = held;
        const again = { ...before, messageId: first.messageId, receipt: 'planted' };
        const deliveryCount = before.deliveryCount + 1;
        const events = addDelivery(history.events, atMs, queue, { ...again, deliveryCount });
        const request = { queue, messageId, receipt };
        return addCall(events, atMs + 2, 'ack', request, { acked: true });
      }
    }
  }
  throw new Error('the run has no suitable place for this fault');
}
