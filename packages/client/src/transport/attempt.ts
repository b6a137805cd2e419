import { TIMER_MAX_MS } from '../bounds.js';
import { MillraceError } from '../errors.js';
import { type Answer, readAnswer } from './answer.js';
import type { TransportSettings } from './options.js';
import type { PreparedRequest } from './request.js';
import { onAbort } from './sleep.js';

interface TracedRequest extends PreparedRequest {
  readonly traceparent: string | undefined;
}

/** Sends the request once and reads the answer. The signal ends it with the signal's reason. */
export async function attempt(
  { baseUrl, apiKey, send }: TransportSettings,
  { method, target, body, traceparent }: TracedRequest,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  signal?.throwIfAborted();
  const ending = new AbortController();
  const forget = signal && onAbort(signal, () => ending.abort());
  let isLate = false;
  const end = (): void => {
    isLate = true;
    ending.abort();
  };
  const timer = setTimeout(end, Math.min(timeoutMs, TIMER_MAX_MS));
  try {
    const response = await send({
      url: baseUrl + target,
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(isTraceparent(traceparent) ? { traceparent } : {}),
      },
      body,
      signal: ending.signal,
    });
    return readAnswer(response);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof MillraceError) throw cause;
    throw isLate ? timedOut(baseUrl, timeoutMs) : unreachable(baseUrl, cause);
  } finally {
    clearTimeout(timer);
    forget?.();
  }
}

/** Servers ignore any other text, and some of them cannot be sent as a header. */
const isTraceparent = (text: string | undefined): text is string =>
  text !== undefined && /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(text);

const timedOut = (baseUrl: string, timeoutMs: number): MillraceError =>
  new MillraceError({
    code: 'TIMEOUT',
    message: `no answer came from ${baseUrl} within ${timeoutMs} ms`,
    retryable: true,
    mayHaveTakenEffect: true,
  });

/** Codes of Node, Bun and Deno after which certainly nothing was sent. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ConnectionRefused', 'ENOTFOUND', 'EAI_AGAIN']);

function unreachable(baseUrl: string, cause: unknown): MillraceError {
  const codes = codesOf(cause);
  const known = codes.length > 0 ? ` (${codes.join(', ')})` : '';
  return new MillraceError({
    code: 'NETWORK_ERROR',
    message: `no answer came from ${baseUrl}${known}`,
    hint: 'Check that the server runs, and baseUrl.',
    retryable: true,
    mayHaveTakenEffect: !codes.some((code) => NEVER_SENT.has(code)),
    cause,
  });
}

/** The code of the error or of its cause, which is where Node puts it. */
function codesOf(error: unknown): string[] {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } };
  return [code, cause?.code].filter((value) => typeof value === 'string');
}
