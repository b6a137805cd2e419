import type { ErrorBody } from '@millrace/protocol';
import type { FastifyRequest } from 'fastify';
import { RefusalError, refuse } from '../core/refusal.js';

/** What went wrong on the way to an outcome; causes go to the log only. */
export function refusalOf(error: unknown, request: FastifyRequest): ErrorBody {
  if (error instanceof RefusalError) return error.refusal;
  request.log.error({ err: error, requestId: request.trace?.requestId }, 'request failed');
  return refuse('INTERNAL', 'The server failed on this request.', {
    hint: 'Report it with the request id; retry with an idempotency key.',
  });
}
