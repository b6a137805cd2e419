import {
  ERRORS,
  type ErrorBody,
  type ErrorCode,
  type ErrorDetail,
  errorEntry,
} from '@millrace/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { monotonicMs } from '../../core/clock.js';
import { dropBody } from '../body/body-drop.js';
import { LONG_ANSWER_CHARS, LongAnswer } from '../connection/long-answer.js';
import { PROTECTING_HEADERS } from '../connection/protecting-headers.js';
import { JSON_TYPE } from './json-line.js';

/** Data of a request that is kept from its beginning. */
export interface RequestTrace {
  readonly requestId: string;
  readonly startedAtMs: number;
  /** The queue of the call, for the log, once it is known. */
  queue: string | undefined;
  /** The code of the refusal, if the request is refused. */
  code: ErrorCode | undefined;
  /** Warnings in the answer, such as those about unknown fields. */
  warnings: readonly ErrorDetail[] | undefined;
}

export const newTrace = (requestId: string): RequestTrace => ({
  requestId,
  startedAtMs: monotonicMs(),
  queue: undefined,
  code: undefined,
  warnings: undefined,
});

/** The data needed for an answer, even to a request that could not be read. */
type Answered = Pick<RequestTrace, 'requestId' | 'startedAtMs'> & Partial<RequestTrace>;

declare module 'fastify' {
  interface FastifyRequest {
    trace: RequestTrace;
    /** The Content-Type as the client sent it. */
    contentType: string | undefined;
  }
}

/**
 * Sends a success. `data` is JSON text, so that payloads in it are passed on unchanged.
 *
 * @returns the size of the answer
 */
export function sendData(
  request: FastifyRequest,
  reply: FastifyReply,
  data: string | readonly string[],
  replayed: boolean,
): number {
  const { trace } = request;
  const short = shortText(data);
  if (short !== undefined) {
    const text = successText(trace, short, replayed);
    send(request, reply, 200, text);
    return text.length;
  }
  const pieces = typeof data === 'string' ? [data] : data;
  const answer = new LongAnswer([SUCCESS_HEAD, ...pieces, successTail(trace, replayed)]);
  reply.header('content-length', answer.bytes);
  send(request, reply, 200, answer);
  return answer.bytes;
}

export function sendError(request: FastifyRequest, reply: FastifyReply, error: ErrorBody): void {
  const { status, retryAfterSeconds } = errorEntry(error.code);
  if (retryAfterSeconds !== undefined && !reply.hasHeader('retry-after')) {
    reply.header('retry-after', String(retryAfterSeconds));
  }
  if (status === ERRORS.UNAUTHENTICATED.status) reply.header('www-authenticate', 'Bearer');
  request.trace.code = error.code;
  request.routeOptions.config?.onRefusal?.(request, error);
  request.server.requestLines.refused(request, error, status);
  send(request, reply, status, errorText(request.trace, error));
  dropBody(request.raw);
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  body: string | LongAnswer,
): void {
  const { trace, server, routeOptions } = request;
  reply.code(status);
  // One by one, because passing an object takes longer.
  reply.header('content-type', JSON_TYPE).header('x-request-id', trace.requestId);
  reply.header('x-content-type-options', PROTECTING_HEADERS['x-content-type-options']);
  reply.header('cache-control', PROTECTING_HEADERS['cache-control']);
  reply.send(body);
  const durationMs = monotonicMs() - trace.startedAtMs;
  server.requestMetrics.record(routeOptions.config?.capability, status, durationMs);
}

/** The whole text of a short answer; undefined for a long one. */
function shortText(data: string | readonly string[]): string | undefined {
  if (typeof data === 'string') return data.length <= LONG_ANSWER_CHARS ? data : undefined;
  const chars = data.reduce((sum, { length }) => sum + length, 0);
  return chars <= LONG_ANSWER_CHARS ? data.join('') : undefined;
}

const SUCCESS_HEAD = '{"ok":true,"data":';

const successTail = (trace: RequestTrace, replayed: boolean): string =>
  `,"error":null,"metadata":${metadataText(trace, replayed)}}\n`;

const successText = (trace: RequestTrace, data: string, replayed: boolean): string =>
  SUCCESS_HEAD + data + successTail(trace, replayed);

export function errorText(trace: Answered, { code, message, hint, details }: ErrorBody): string {
  const error = {
    code,
    status: errorEntry(code).status,
    message,
    ...(hint === undefined || hint === '' ? {} : { hint }),
    ...(details === undefined || details.length === 0 ? {} : { details }),
  };
  return `{"ok":false,"data":null,"error":${JSON.stringify(error)},"metadata":${metadataText(trace, false)}}\n`;
}

function metadataText(
  { requestId, startedAtMs, warnings = [] }: Answered,
  replayed: boolean,
): string {
  const latencyMs = Math.round(monotonicMs() - startedAtMs);
  const more = warnings.length === 0 ? '' : `,"warnings":${JSON.stringify(warnings)}`;
  return `{"cost_usd":0,"latency_ms":${latencyMs},"vendor":"millrace","cache_hit":${replayed},"request_id":"${requestId}"${more}}`;
}
