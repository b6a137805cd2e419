import { faultOf } from '../core/fault.js';
import { type Refusal, RefusalError, refuse } from '../core/refusal.js';

/** What went wrong on the way to an outcome; causes go to the log only. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof RefusalError) return error.refusal;
  return refuse('INTERNAL', 'The server failed on this request.', {
    hint: 'Report it with the request id; retry with an idempotency key.',
    fault: faultOf(error),
  });
}
