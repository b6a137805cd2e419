import { answerOf, type Call, mayHaveActed, succeeded } from '../calls/calls.js';
import { budgetsEver } from '../failure-budgets.js';
import type { QueueStats } from '../ledger/ledger-events.js';
import {
  type History,
  hiddenDeliveriesAtMost,
  type MessageHistory,
  queueChain,
} from '../ledger/ledger-history.js';
import type { CheckOptions, Invariant, Violation } from '../ledger/violation.js';
import { messagesAtMost } from '../load/publications.js';
import { mayBeDeleted, mayBePurged } from '../load/purges.js';

/**
 * Nothing acknowledged is lost: the final stats count all that was published and not settled. Queues
 * that share a dead-letter queue are balanced together, since messages move between them.
 */
export const checkBalance: Invariant = (history, options) => {
  const stats = finalStats(history);
  const violations: Violation[] = [];
  for (const queues of queueGroups(history)) {
    const missing = queues.filter((queue) => !stats.has(queue));
    if (missing.length > 0) {
      const detail = `no stats were read after the last call: ${missing.join(', ')}`;
      violations.push({ invariant: 'no-final-stats', detail, callIds: [] });
      continue;
    }
    violations.push(...checkGroup(history, queues, stats, options));
  }
  return violations;
};

function checkGroup(
  history: History,
  queues: readonly string[],
  stats: ReadonlyMap<string, QueueStats>,
  options: CheckOptions,
): Violation[] {
  const violations: Violation[] = [];
  const inGroup = (queue: string | undefined) => queue !== undefined && queues.includes(queue);
  const known = [...history.messages.values()].filter((message) =>
    inGroup(message.publication?.queue),
  );
  const acked = known.filter((message) => message.acks.some(succeeded));
  const endMs = Number.POSITIVE_INFINITY;
  const unsettled = known.filter(
    (message) => !message.acks.some(mayHaveActed) && !mayBePurged(history, message, endMs),
  );
  const unseen = history.publications
    .filter((publication) => inGroup(publication.queue))
    .map((publication) => Math.max(0, messagesAtMost(publication) - publication.messageIds.size))
    .reduce((total, count) => total + count, 0);

  const waiting = sum(queues, (queue) => {
    const counted = stats.get(queue);
    return counted === undefined ? 0 : counted.available + counted.inFlight + counted.delayed;
  });
  // A dead-letter queue's own messages are already counted where they are kept.
  const dead = sum(queues, (queue) =>
    history.queues.get(queue)?.deadLetterQueue === undefined ? (stats.get(queue)?.dlq ?? 0) : 0,
  );
  const name = queues.join(' + ');
  if (options.expectDrained && waiting > 0) {
    const detail = `${name}: ${waiting} messages were still waiting after the drain`;
    violations.push({ invariant: 'not-drained', detail, callIds: [] });
  }
  const alive = unsettled.filter((message) => !mayBeDead(history, message));
  if (alive.length > waiting) {
    const detail = `${name}: ${alive.length} messages are neither settled nor dead letters, and ${waiting} are waiting`;
    const [first] = alive;
    const callIds = alive.slice(0, 5).flatMap((message) => publishIds(message));
    const messageId = first?.messageId ?? '';
    violations.push({ invariant: 'lost-message', detail, messageId, callIds });
  }
  const counted = waiting + dead;
  const atLeast = unsettled.length;
  const atMost = known.length - acked.length + unseen;
  if (counted < atLeast || counted > atMost) {
    const detail = `${name}: stats count ${counted} (${dead} dead), the ledger ${atLeast} to ${atMost}`;
    violations.push({ invariant: 'stats-balance', detail, callIds: [] });
  }
  return [...violations, ...movedTooMany(history, queues, stats, counted)];
}

/**
 * Dead letters that moved to another queue are counted by both, so there must be no more of them than
 * messages.
 */
function movedTooMany(
  history: History,
  queues: readonly string[],
  stats: ReadonlyMap<string, QueueStats>,
  counted: number,
): Violation[] {
  return queues.flatMap((queue): Violation[] => {
    const moved = stats.get(queue)?.dlq ?? 0;
    if (history.queues.get(queue)?.deadLetterQueue === undefined || moved <= counted) return [];
    const detail = `${queue}: ${moved} dead letters, but all its queues contain ${counted} messages`;
    return [{ invariant: 'stats-balance', detail, callIds: [] }];
  });
}

/** A dead letter has used up one of its budgets at the last queue of its chain, or was rejected. */
function mayBeDead(history: History, message: MessageHistory): boolean {
  const { publication, deliveries, nacks } = message;
  if (publication === undefined) return true;
  return queueChain(history, publication.queue).some((last) => {
    if (history.queues.get(last)?.deadLetterQueue !== undefined) return false;
    const budgets = budgetsEver(history, last);
    if (budgets === undefined) return true;
    const { maxRetries, maxExpiredLeases } = budgets.least;
    const there = nacks.filter((nack) => nack.request.queue === last && mayHaveActed(nack));
    if (there.some((nack) => nack.request.requeue === false)) return true;
    if (there.length > maxRetries) return true;
    const seen = deliveries.filter((delivery) => delivery.queue === last).length;
    const hidden = hiddenDeliveriesAtMost(history, [last], publication.startedAtMs);
    return seen + hidden > maxExpiredLeases;
  });
}

/** Only stats read after everything else had ended show the result of the run. */
function finalStats(history: History): Map<string, QueueStats> {
  const { stats, ...others } = history.calls;
  let lastEndMs = 0;
  for (const calls of Object.values(others) as (readonly Call[])[]) {
    for (const { startedAtMs, endedAtMs } of calls) {
      const atMs = Number.isFinite(endedAtMs) ? endedAtMs : startedAtMs;
      lastEndMs = Math.max(lastEndMs, atMs);
    }
  }
  const found = new Map<string, QueueStats>();
  for (const call of stats) {
    const answer = answerOf(call);
    if (answer !== undefined && call.startedAtMs >= lastEndMs) {
      found.set(call.request.queue, answer);
    }
  }
  return found;
}

function queueGroups(history: History): string[][] {
  let groups: string[][] = [];
  for (const queue of history.queues.keys()) {
    // No stats check the messages that were deleted with a queue.
    if (mayBeDeleted(history, queue, Number.POSITIVE_INFINITY)) continue;
    const chain = queueChain(history, queue);
    const tied = groups.filter((group) => group.some((name) => chain.includes(name)));
    const joined = new Set([...tied.flat(), ...chain]);
    groups = [...groups.filter((group) => !tied.includes(group)), [...joined]];
  }
  return groups;
}

function publishIds(message: MessageHistory): number[] {
  return (message.publication?.attempts ?? []).map((call) => call.id);
}

function sum(queues: readonly string[], count: (queue: string) => number): number {
  return queues.reduce((total, queue) => total + count(queue), 0);
}
