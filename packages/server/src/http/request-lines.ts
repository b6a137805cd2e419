import { ERRORS, type ErrorBody } from '@millrace/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { monotonicMs } from '../core/clock.js';
import type { Fault } from '../core/fault.js';
import type { Caller } from '../core/keys/caller.js';
import type { Log, LogFields } from '../core/log.js';
import { shownQueue } from '../core/queue/shown-queue.js';
import { addressGroup, clientAddress } from './connection/client-address.js';

declare module 'fastify' {
  interface FastifyInstance {
    requestLines: RequestLines;
  }
}

const KEY_REFUSED: ReadonlySet<number> = new Set([
  ERRORS.UNAUTHENTICATED.status,
  ERRORS.SCOPE_MISSING.status,
]);

/** Lines of the log about requests that failed because of the server or were refused for their key. */
export class RequestLines {
  constructor(private readonly log: Log) {}

  refused(request: FastifyRequest, error: ErrorBody & { fault?: Fault }, status: number): void {
    if (status >= 500) this.failed(request, error, status);
    else if (isForKey(request, status)) this.refusedForKey(request, error, status);
  }

  /** Writes one line for each request, if the level asks for it. */
  ended(request: FastifyRequest, reply: FastifyReply): void {
    const { trace } = request;
    this.log.debug('request', {
      ...idsOf(request),
      status: reply.statusCode,
      code: trace.code,
      ms: Math.round((monotonicMs() - trace.startedAtMs) * 100) / 100,
    });
  }

  private failed(
    request: FastifyRequest,
    { code, message, fault }: ErrorBody & { fault?: Fault },
    status: number,
  ): void {
    const { project, queue, ...ids } = idsOf(request);
    // Storage limits can be reached by single queues; for other failures the queue does not matter.
    const isFull = code === 'STORAGE_FULL';
    const same = {
      status,
      code,
      project,
      ...(isFull && { queue }),
      cause: fault?.cause ?? message,
    };
    const latest = {
      ...ids,
      ...(!isFull && { queue }),
      ...(fault?.stack && { stack: fault.stack }),
    };
    const level = code === 'INTERNAL' ? 'error' : 'warn';
    this.log.counted(level, 'a request failed', same, latest);
  }

  private refusedForKey(request: FastifyRequest, { code }: ErrorBody, status: number): void {
    // Refusals of administrative calls are in the audit log.
    if (request.routeOptions.config?.onRefusal !== undefined) return;
    const same = { status, code, address: addressGroup(clientAddress(request)) };
    this.log.counted('warn', 'a request was refused for its key', same, idsOf(request));
  }
}

/** Including requests that are told to wait because too many came without a valid key. */
const isForKey = ({ caller }: { readonly caller?: Caller }, status: number): boolean =>
  KEY_REFUSED.has(status) || (status === ERRORS.RATE_LIMITED.status && caller === undefined);

function idsOf({ trace, caller, routeOptions }: FastifyRequest): LogFields {
  // A request that was refused for its key has no caller.
  const known = caller as Caller | undefined;
  return {
    request_id: trace.requestId,
    capability: routeOptions.config?.capability,
    project: known?.project,
    queue: shownQueue(trace.queue),
    key_id: known?.keyId,
  };
}
