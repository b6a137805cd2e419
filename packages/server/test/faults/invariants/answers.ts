import type { Call } from '../calls/calls.js';
import type { CallName } from '../ledger/ledger-events.js';
import type { History } from '../ledger/ledger-history.js';
import type { Invariant, Violation } from '../ledger/violation.js';
import { mayBeDeleted } from '../load/purges.js';

type Refused = Extract<Call['outcome'], { kind: 'refused' }>;

/** Refusals that a correct server may give to a correct client. */
const ALLOWED_CODES = new Set([
  'STORE_UNAVAILABLE',
  'OVERLOADED',
  'OUTCOME_UNKNOWN',
  'RATE_LIMITED',
  'STORAGE_FULL',
]);

/** Any other refusal, and an unreadable answer, is a fault of the server or of this harness. */
export const checkAnswers: Invariant = (history) => {
  const violations: Violation[] = [];
  for (const calls of Object.values(history.calls) as (readonly Call[])[]) {
    for (const call of calls) {
      const detail = oddAnswer(history, call);
      if (detail === undefined) continue;
      violations.push({ invariant: 'unexpected-answer', detail, callIds: [call.id] });
    }
  }
  for (const event of history.events) {
    if (event.kind !== 'server' || event.change !== 'crashed') continue;
    const detail = `node ${event.node} ended although the test had not killed it`;
    violations.push({ invariant: 'server-crashed', detail, callIds: [] });
  }
  return violations;
};

function oddAnswer(history: History, call: Call): string | undefined {
  const { outcome } = call;
  if (outcome.kind === 'malformed') return `${call.name}: ${outcome.reason}`;
  if (outcome.kind !== 'refused') return undefined;
  if (!saysWhenToRetry(outcome)) {
    return `${call.name}: ${outcome.status} with the Retry-After ${outcome.retryAfter}`;
  }
  if (ALLOWED_CODES.has(outcome.code)) return undefined;
  if (outcome.code === 'LEASE_LOST' && settles(call.name)) return undefined;
  if (outcome.code === 'QUEUE_NOT_FOUND' && mayBeDeleted(history, ...queueAndTime(call))) {
    return undefined;
  }
  return `${call.name} answered ${outcome.status} ${outcome.code}`;
}

const queueAndTime = ({ request, endedAtMs }: Call) => [request.queue, endedAtMs] as const;

/** A refusal that asks for a retry states when, in whole seconds. */
function saysWhenToRetry({ status, retryAfter }: Refused): boolean {
  if (retryAfter === undefined || (status !== 503 && status !== 429)) return true;
  return retryAfter !== null && /^\d+$/.test(retryAfter);
}

function settles(name: CallName): boolean {
  return name === 'ack' || name === 'nack' || name === 'extend';
}
