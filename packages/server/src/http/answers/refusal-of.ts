import { faultOf } from '../../core/fault.js';
import { type Refusal, RefusalError, refuse } from '../../core/refusal.js';

/** The refusal for an error. The cause of an unexpected error goes to the log only. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof RefusalError) return error.refusal;
  return refuse('INTERNAL', 'The server failed to handle this request.', {
    hint: 'Report the failure with the request id. Retry with an idempotency key.',
    fault: faultOf(error),
  });
}
