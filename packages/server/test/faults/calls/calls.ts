import type { Answers, CallName, LedgerEvent, Outcome, Requests } from '../ledger/ledger-events.js';

/** One call with its outcome. A call that never ended counts as one whose effect is unknown. */
export interface Call<N extends CallName = CallName> {
  readonly id: number;
  readonly node: number;
  readonly name: N;
  readonly request: Requests[N];
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly outcome: Outcome<Answers[N]>;
}

export type CallsByName = { readonly [N in CallName]: readonly Call<N>[] };

/** These refusals promise that nothing was done, although their status is not a 4xx. */
const CODES_WITHOUT_EFFECT = new Set(['STORE_UNAVAILABLE', 'OVERLOADED', 'STORAGE_FULL']);

const NEVER_ENDED: Outcome<never> = { kind: 'failed', sent: true, reason: 'no end was logged' };

export function pairCalls(events: readonly LedgerEvent[]): CallsByName {
  const endings = new Map<number, Extract<LedgerEvent, { kind: 'ended' }>>();
  for (const event of events) {
    if (event.kind === 'ended') endings.set(event.callId, event);
  }
  const calls: Record<CallName, Call[]> = {
    create: [],
    publish: [],
    consume: [],
    ack: [],
    nack: [],
    extend: [],
    stats: [],
    get: [],
    update: [],
    purge: [],
    delete: [],
  };
  for (const event of events) {
    if (event.kind !== 'started') continue;
    const ending = endings.get(event.callId);
    calls[event.name].push({
      id: event.callId,
      node: event.node,
      name: event.name,
      request: event.request,
      startedAtMs: event.atMs,
      endedAtMs: ending?.atMs ?? Number.POSITIVE_INFINITY,
      outcome: ending?.outcome ?? NEVER_ENDED,
    });
  }
  return calls as unknown as CallsByName;
}

export function answerOf<N extends CallName>(call: Call<N>): Answers[N] | undefined {
  return call.outcome.kind === 'answered' ? call.outcome.answer : undefined;
}

/** True when nothing is known about the effect: there is no answer, or one that promises nothing. */
export function isUnknown(call: Call): boolean {
  const { outcome } = call;
  if (outcome.kind === 'answered') return false;
  if (outcome.kind === 'malformed') return true;
  if (outcome.kind === 'failed') return outcome.sent;
  const promisesNoEffect = outcome.status < 500 || CODES_WITHOUT_EFFECT.has(outcome.code);
  return !promisesNoEffect;
}

export type SettleName = 'ack' | 'nack' | 'extend';

/** True when the server answered that the call took effect. */
export function succeeded(call: Call<SettleName>): boolean {
  if (call.outcome.kind !== 'answered') return false;
  const answer = call.outcome.answer;
  if ('acked' in answer) return answer.acked;
  return 'nacked' in answer ? answer.nacked : answer.extended;
}

export function mayHaveActed(call: Call<SettleName>): boolean {
  return succeeded(call) || isUnknown(call);
}

/** A call without a receipt acts on the current delivery, so it may be meant for any of them. */
export function aimsAt(call: Call<SettleName>, receipt: string): boolean {
  return call.request.receipt === undefined || call.request.receipt === receipt;
}

/** A retry under the same key is the same call: its answer is a replay. */
export function isSameCall(a: Call<SettleName>, b: Call<SettleName>): boolean {
  const key = a.request.idempotencyKey;
  return (
    a.id === b.id || (a.name === b.name && key !== undefined && key === b.request.idempotencyKey)
  );
}
