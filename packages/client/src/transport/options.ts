import { TIMER_MAX_MS, withinIfGiven } from '../bounds.js';
import { environmentVariable } from '../environment.js';
import { invalidOption, type MillraceError } from '../errors.js';
import type { Send } from './http-exchange.js';
import { type RetryOptions, type RetryRules, retryRules } from './retry-rules.js';
import { chooseSend } from './send.js';

export interface MillraceOptions {
  /** The address of the server. Default: the variable `MILLRACE_URL`. */
  readonly baseUrl?: string | undefined;
  /** The API key. Default: the variable `MILLRACE_API_KEY`. */
  readonly apiKey?: string | undefined;
  /** How long one attempt may take, in milliseconds; the wait of a consume is added. Default: 15,000. */
  readonly timeoutMs?: number | undefined;
  /** How calls are repeated; false for never. */
  readonly retries?: RetryOptions | false | undefined;
  /** How requests are sent. Default: `node:http` in Node, otherwise the fetch of the runtime. */
  readonly fetch?: typeof fetch | undefined;
  /**
   * Whether calls get an idempotency key of their own, so that repeating them is safe. Without keys,
   * only what has had no effect is repeated. Default: true.
   */
  readonly idempotency?: boolean | undefined;
  /** Is told the warnings of answers. Default: nobody is. */
  readonly onWarning?: ((warning: Warning) => void) | undefined;
}

/** A call may not have done what was meant. */
export interface Warning {
  /** The id of the call, for example `queue.publish`. */
  readonly call: string;
  /** A JSON pointer to the field. */
  readonly path: string;
  readonly message: string;
}

/** Options of a single call, given together with its fields. */
export interface CallOptions {
  /** Ends the call; it then fails with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long one attempt may take, in milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** A key of your own, or false for none. Default: a key is made where a repetition needs one. */
  readonly idempotencyKey?: string | false | undefined;
  readonly retries?: RetryOptions | false | undefined;
  /** Is told of each failure after which the call is repeated, and of the pause before that. */
  readonly onRetry?: ((error: MillraceError, delayMs: number) => void) | undefined;
  /** The trace that the call belongs to (W3C Trace Context). It travels as a header of the request. */
  readonly traceparent?: string | undefined;
}

export interface TransportSettings {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly timeoutMs: number;
  readonly retries: RetryRules;
  readonly send: Send;
  readonly makesKeys: boolean;
  readonly onWarning: (warning: Warning) => void;
}

const DEFAULT_TIMEOUT_MS = 15_000;

/** Checks the options and fills in what is missing. */
export function transportSettings(options: MillraceOptions): TransportSettings {
  return {
    baseUrl: checkedUrl(options.baseUrl ?? environmentVariable('MILLRACE_URL')),
    apiKey: checkedKey(options.apiKey ?? environmentVariable('MILLRACE_API_KEY')),
    timeoutMs: checkedTimeout(options.timeoutMs) ?? DEFAULT_TIMEOUT_MS,
    retries: retryRules(options.retries),
    send: chooseSend(options.fetch),
    makesKeys: options.idempotency ?? true,
    onWarning: options.onWarning ?? (() => undefined),
  };
}

/** @returns the address without a slash at its end */
function checkedUrl(text: string | undefined): string {
  if (text === undefined) {
    throw invalidOption('baseUrl is missing: pass it, or set MILLRACE_URL');
  }
  if (!/^https?:/i.test(text) || !URL.canParse(text)) {
    throw invalidOption('baseUrl must be a url such as http://127.0.0.1:8080');
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw invalidOption('baseUrl must not contain a user name or password: use apiKey');
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}

function checkedKey(key: string | undefined): string {
  if (key === undefined) {
    throw invalidOption('apiKey is missing: pass it, or set MILLRACE_API_KEY');
  }
  // The text of the key must not appear in the message.
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw invalidOption('apiKey must consist of printable ASCII characters without spaces');
  }
  return key;
}

export const checkedTimeout = (timeoutMs: number | undefined): number | undefined =>
  withinIfGiven('timeoutMs', timeoutMs, 1, TIMER_MAX_MS);
