import type { PushError } from '../egress/push-error.js';
import type { PushOutcome } from '../request/exchange.js';

/**
 * What one attempt says. `success`: the message is delivered. `failure`: the receiver refused it.
 * `outage`: that may not be about this message at all. `unsent`: we refused to send it, which says
 * nothing about the receiver. `cancelled`: it was called off, which says nothing at all.
 */
export type DeliveryResult = 'success' | 'failure' | 'outage' | 'unsent' | 'cancelled';

const OUTAGE_STATUS = new Set([429, 502, 503, 504]);

/** To wait for the receiver would change none of these. */
const UNSENT: ReadonlySet<PushError> = new Set([
  'url not allowed',
  'address not allowed',
  'request not valid',
]);

export function deliveryResult(outcome: PushOutcome): DeliveryResult {
  if ('error' in outcome) {
    if (outcome.error === 'cancelled') return 'cancelled';
    return UNSENT.has(outcome.error) ? 'unsent' : 'outage';
  }
  if (outcome.status >= 200 && outcome.status < 300) return 'success';
  return OUTAGE_STATUS.has(outcome.status) ? 'outage' : 'failure';
}
