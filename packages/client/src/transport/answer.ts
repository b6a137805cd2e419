import type { ServerErrorCode } from '../contract/types.js';
import { type ErrorDetail, MillraceError } from '../errors.js';
import type { HttpResponse } from './http-exchange.js';
import { retryAfterMs } from './retry-rules.js';

interface Envelope {
  readonly ok: boolean;
  readonly data: unknown;
  readonly error: {
    readonly code: ServerErrorCode;
    readonly message: string;
    readonly hint?: string;
    readonly details?: readonly ErrorDetail[];
  } | null;
  readonly metadata?: {
    readonly request_id?: string;
    readonly warnings?: readonly ErrorDetail[];
  };
}

export interface Answer {
  readonly data: unknown;
  readonly warnings: readonly ErrorDetail[];
}

/** Codes with which the server says that nothing was done and that another try may help. */
const NOTHING_DONE = new Set<string>(['RATE_LIMITED', 'OVERLOADED', 'STORE_UNAVAILABLE']);
/** Statuses with which a proxy says that the server gave no answer. */
const PROXY_STATUSES = new Set([429, 502, 503, 504]);

/** Reads the answer to a call. @throws MillraceError when it is a refusal, or not an answer */
export function readAnswer({ status, text, header }: HttpResponse): Answer {
  const envelope = parse(text);
  if (envelope?.ok && envelope.data) {
    return { data: envelope.data, warnings: envelope.metadata?.warnings ?? [] };
  }
  const answered = {
    status,
    requestId: envelope?.metadata?.request_id ?? header('x-request-id') ?? undefined,
    retryAfterMs: retryAfterMs(header('retry-after')),
  };
  if (typeof envelope?.error?.message === 'string') {
    const { code, message, hint, details } = envelope.error;
    const isOutcomeUnknown = code === 'OUTCOME_UNKNOWN';
    throw new MillraceError({
      ...answered,
      code,
      message,
      hint,
      details,
      retryable: isOutcomeUnknown || NOTHING_DONE.has(code),
      mayHaveTakenEffect: isOutcomeUnknown || code === 'INTERNAL',
    });
  }
  throw new MillraceError({
    ...answered,
    code: 'UNEXPECTED_ANSWER',
    message: `the answer with status ${status} is not one of millrace`,
    hint: 'Check baseUrl, and what any proxy between says.',
    // The beginning of an answer: the connection broke.
    retryable: PROXY_STATUSES.has(status) || (!envelope && text.startsWith('{"ok"')),
    mayHaveTakenEffect: status >= 500 || isSuccess(status),
  });
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

function parse(text: string): Envelope | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isEnvelope = typeof value === 'object' && value !== null && 'ok' in value;
    return isEnvelope ? (value as Envelope) : undefined;
  } catch {
    return undefined;
  }
}
