import { type History, type MessageHistory, queueChain } from '../ledger/ledger-history.js';
import type { Invariant, Violation } from '../ledger/violation.js';
import { messagesAtMost, type Publication } from '../load/publications.js';

/** Deliveries match publishes: nothing is invented, altered, duplicated or misrouted. */
export const checkPublishing: Invariant = (history) => {
  const violations: Violation[] = [];
  const owners = new Map<string, Publication>();
  for (const publication of history.publications) {
    violations.push(...checkPublication(publication));
    for (const messageId of publication.messageIds) {
      const owner = owners.get(messageId);
      if (owner !== undefined && owner !== publication) {
        const detail = 'two different publishes got the same message_id';
        const callIds = [...attemptIds(owner), ...attemptIds(publication)];
        violations.push({ invariant: 'message-id-reused', detail, messageId, callIds });
      }
      owners.set(messageId, publication);
    }
  }
  for (const message of history.messages.values()) {
    violations.push(...checkDelivered(history, message));
  }
  return violations;
};

/** A publish makes at most one message for each time it may have taken effect. */
function checkPublication(publication: Publication): Violation[] {
  const { messageIds } = publication;
  const atMost = messagesAtMost(publication);
  const callIds = attemptIds(publication);
  if (atMost === 0 && messageIds.size > 0) {
    const detail = `a refused publish was delivered as ${[...messageIds].join(', ')}`;
    return [{ invariant: 'refused-publish-delivered', detail, callIds }];
  }
  if (messageIds.size <= atMost) return [];
  const detail = `${messageIds.size} messages instead of at most ${atMost}: ${[...messageIds].join(', ')}`;
  return [{ invariant: 'duplicate-publish', detail, callIds }];
}

function checkDelivered(history: History, message: MessageHistory): Violation[] {
  const { messageId, publication, deliveries } = message;
  const violations: Violation[] = [];
  const chain = publication === undefined ? [] : queueChain(history, publication.queue);
  for (const delivery of deliveries) {
    const callIds = delivery.showings.map((call) => call.id);
    if (publication === undefined) {
      const detail = `no publish sent ${clip(delivery.payload)}`;
      violations.push({ invariant: 'invented-message', detail, messageId, callIds });
      continue;
    }
    for (const call of delivery.showings) {
      if (call.outcome.kind !== 'answered') continue;
      for (const shown of call.outcome.answer.messages) {
        if (shown.messageId !== messageId || shown.payload === publication.payload) continue;
        const detail = `published ${clip(publication.payload)}, got ${clip(shown.payload)}`;
        violations.push({ invariant: 'altered-payload', detail, messageId, callIds: [call.id] });
      }
    }
    if (!chain.includes(delivery.queue)) {
      const detail = `published to ${publication.queue}, delivered from ${delivery.queue}`;
      violations.push({ invariant: 'wrong-queue', detail, messageId, callIds });
    }
    violations.push(...checkDelay(publication, message, delivery.answeredAtMs, callIds));
  }
  return violations;
}

function checkDelay(
  publication: Publication,
  message: MessageHistory,
  answeredAtMs: number,
  callIds: readonly number[],
): Violation[] {
  const delayMs = publication.attempts[0]?.request.delayMs ?? 0;
  const dueAtMs = publication.startedAtMs + delayMs;
  // A clock of whole milliseconds that is read twice can be off by one.
  if (delayMs === 0 || answeredAtMs >= dueAtMs - 1) return [];
  const detail = `delivered ${Math.ceil(dueAtMs - answeredAtMs)} ms before its delay was over`;
  return [{ invariant: 'delivered-too-early', detail, messageId: message.messageId, callIds }];
}

function attemptIds(publication: Publication): number[] {
  return publication.attempts.map((call) => call.id);
}

function clip(payload: string): string {
  return payload.length <= 80 ? payload : `${payload.slice(0, 80)}…`;
}
