import { expect, it } from 'vitest';
import type { PushOutcome } from '../request/exchange.js';
import { type DeliveryResult, deliveryResult } from './delivery-result.js';

const durationMs = 1;
const answer = (status: number): PushOutcome => ({ status, retryAfterMs: null, durationMs });

it.each<[DeliveryResult, PushOutcome[]]>([
  ['success', [200, 201, 202, 204, 299].map(answer)],
  ['outage', [429, 502, 503, 504].map(answer)],
  ['failure', [301, 302, 304, 307, 308, 400, 401, 404, 410, 428, 500, 501, 505, 599].map(answer)],
  ['outage', [{ error: 'timeout', durationMs }]],
  ['outage', [{ error: 'connection refused', durationMs }]],
  ['outage', [{ error: 'certificate out of date', durationMs }]],
  ['outage', [{ error: 'out of local resources', durationMs }]],
  ['unsent', [{ error: 'address not allowed', durationMs }]],
  ['unsent', [{ error: 'url not allowed', durationMs }]],
  ['unsent', [{ error: 'request not valid', durationMs }]],
  ['cancelled', [{ error: 'cancelled', durationMs }]],
])("a delivery's result is %s for: %j", (result, outcomes) => {
  for (const outcome of outcomes)
    expect([outcome, deliveryResult(outcome)]).toEqual([outcome, result]);
});
