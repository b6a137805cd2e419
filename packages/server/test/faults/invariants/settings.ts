import { answerOf } from '../calls/calls.js';
import type { SettingsInForce } from '../ledger/ledger-events.js';
import type { History } from '../ledger/ledger-history.js';
import type { Invariant, Violation } from '../ledger/violation.js';
import { surelyPurgedBy } from '../load/purges.js';
import { valuesBetween } from '../load/queue-settings.js';

/** Changes persist, and purged messages stay away. */
export const checkSettings: Invariant = (history) => [
  ...lostUpdates(history),
  ...backAfterPurge(history),
];

const FIELDS = [
  'maxRetries',
  'maxExpiredLeases',
  'visibilityTimeoutMs',
  'deadLetterQueue',
] as const;

function lostUpdates(history: History): Violation[] {
  const violations: Violation[] = [];
  for (const call of history.calls.get) {
    const answer = answerOf(call);
    if (answer === undefined) continue;
    for (const field of FIELDS) {
      const possible = possibleValues(history, call.request.queue, field, [
        call.startedAtMs,
        call.endedAtMs,
      ]);
      if (possible.includes(answer[field])) continue;
      const detail = `${call.request.queue} has ${field} ${answer[field]} instead of ${possible.join(' or ')}`;
      violations.push({ invariant: 'lost-update', detail, callIds: [call.id] });
    }
  }
  return violations;
}

/** The budget of expired leases follows the retries until it is set. */
function possibleValues(
  history: History,
  queue: string,
  field: keyof SettingsInForce,
  [fromMs, toMs]: readonly [number, number],
): unknown[] {
  const values: unknown[] = valuesBetween(history, queue, field, fromMs, toMs);
  if (field !== 'maxExpiredLeases' || !values.includes(undefined)) return values;
  return [...values, ...valuesBetween(history, queue, 'maxRetries', fromMs, toMs)];
}

function backAfterPurge(history: History): Violation[] {
  const violations: Violation[] = [];
  for (const message of history.messages.values()) {
    const purge = surelyPurgedBy(history, message);
    if (purge === undefined) continue;
    const later = message.deliveries
      .filter(({ queue }) => queue === message.publication?.queue)
      .flatMap(({ showings }) => showings)
      .filter(({ startedAtMs }) => startedAtMs > purge.endedAtMs);
    if (later.length === 0) continue;
    violations.push({
      invariant: 'purged-then-delivered',
      detail: `delivered after the ${purge.name} of ${purge.request.queue}`,
      messageId: message.messageId,
      callIds: [purge.id, ...later.map(({ id }) => id)],
    });
  }
  return violations;
}
