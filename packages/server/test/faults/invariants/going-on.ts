import type { Call } from '../calls/calls.js';
import type { History } from '../ledger/ledger-history.js';
import type { Invariant, Violation } from '../ledger/violation.js';
import { disturbancesOf, wasWell } from '../node-health.js';

/** A node that the test does not disturb answers, also while another one is lost. */
export const checkGoingOn: Invariant = (history, options) => {
  const violations: Violation[] = [];
  for (const calls of Object.values(history.calls) as (readonly Call[])[]) {
    for (const call of calls) {
      if (!wasWell(history, call.node, call.startedAtMs, call.endedAtMs)) continue;
      if (call.outcome.kind === 'failed' && call.outcome.reason === 'timeout') {
        const tookMs = Math.round(call.endedAtMs - call.startedAtMs);
        const detail = `node ${call.node} gave no answer to ${call.name} in ${tookMs} ms`;
        violations.push({ invariant: 'unanswered', detail, callIds: [call.id] });
      }
      const detail = heldUp(history, call, options.goesOnWithinMs);
      if (detail !== undefined) {
        violations.push({ invariant: 'held-up', detail, callIds: [call.id] });
      }
    }
  }
  return violations;
};

/** By then the database has ended the transactions that the lost node had begun. */
function heldUp(history: History, call: Call, goesOnWithinMs: number): string | undefined {
  const { outcome, startedAtMs, node, name } = call;
  if (outcome.kind !== 'refused' || outcome.code !== 'STORE_UNAVAILABLE') return undefined;
  const lost = disturbancesOf(history).find(
    ({ change, fromMs, toMs }) =>
      (change === 'cut-off' || change === 'stopped') &&
      startedAtMs > fromMs + goesOnWithinMs &&
      startedAtMs < toMs,
  );
  if (lost === undefined) return undefined;
  const sinceMs = Math.round(startedAtMs - lost.fromMs);
  return `node ${node} refused ${name} ${sinceMs} ms after node ${lost.node} was ${lost.change}`;
}
