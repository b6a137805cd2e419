import type { Answers, CallName, Outcome, Requests } from '../ledger/ledger-events.js';
import { pause } from '../load/pause.js';
import type { SeededRandom } from '../load/seeded-random.js';
import type { QueueApi } from './queue-api.js';

const RETRY_PAUSE_MS = 40;
/** A node that is down is called less often, or the attempts would slow down its start. */
const NODE_DOWN_PAUSE_MS = 120;

/** Repeats a call, at any node, until it is answered or refused for good. */
export async function retryCall<N extends CallName>(
  api: QueueApi,
  name: N,
  request: Requests[N],
  random: SeededRandom,
  stopped?: AbortSignal,
): Promise<Outcome<Answers[N]>> {
  while (true) {
    const outcome = await api.call(api.pickNode(random), name, request);
    if (!isWorthRetrying(outcome)) return outcome;
    const isDown = outcome.kind === 'failed' && !outcome.sent;
    const pauseMs = isDown ? NODE_DOWN_PAUSE_MS : RETRY_PAUSE_MS;
    if (!(await pause(pauseMs, stopped))) return outcome;
  }
}

export function isWorthRetrying(outcome: Outcome<unknown>): boolean {
  if (outcome.kind === 'failed') return true;
  return outcome.kind === 'refused' && (outcome.status === 503 || outcome.status === 429);
}
