import { within } from '../bounds.js';

export interface RetryOptions {
  /** Attempts in all, the first one included. Default: 8, which outlast a server that restarts. */
  readonly maxAttempts?: number | undefined;
  /** No attempt begins later than this after the first one, in milliseconds. Default: 60,000. */
  readonly totalMs?: number | undefined;
  /** The longest pause before the first repetition, in milliseconds; it doubles each time. Default: 200. */
  readonly baseDelayMs?: number | undefined;
  /** The longest pause, in milliseconds, unless the server asks for a longer one. Default: 10,000. */
  readonly maxDelayMs?: number | undefined;
}

export type RetryRules = Record<keyof RetryOptions, number>;

const DEFAULTS: RetryRules = {
  maxAttempts: 8,
  totalMs: 60_000,
  baseDelayMs: 200,
  maxDelayMs: 10_000,
};

/** The most of a `Retry-After`: the page of a proxy must not silence a worker for a day. */
const RETRY_AFTER_MAX_MS = 300_000;

/** Fills in the defaults. `false` stands for a single attempt. */
export function retryRules(
  options: RetryOptions | false | undefined,
  defaults: RetryRules = DEFAULTS,
): RetryRules {
  if (options === false) return { ...defaults, maxAttempts: 1 };
  const rules = { ...defaults };
  for (const name of Object.keys(rules) as (keyof RetryRules)[]) {
    const least = name === 'maxAttempts' ? 1 : 0;
    const value = options?.[name] ?? defaults[name];
    rules[name] = within(`retries.${name}`, value, least, Number.POSITIVE_INFINITY);
  }
  return rules;
}

/**
 * The pause before the next attempt: exponential with full jitter, so that clients that failed together
 * do not come back together. A pause that the server asked for comes first, up to five minutes of it.
 */
export function retryDelayMs(
  rules: Pick<RetryRules, 'baseDelayMs' | 'maxDelayMs'>,
  failures: number,
  retryAfterMs = 0,
  random: () => number = Math.random,
): number {
  const longestMs = Math.min(rules.maxDelayMs, rules.baseDelayMs * 2 ** (failures - 1));
  return Math.min(retryAfterMs, RETRY_AFTER_MAX_MS) + random() * longestMs;
}

/** Reads `Retry-After`, which is a number of seconds or a date. */
export function retryAfterMs(header: string | null, nowMs = Date.now()): number | undefined {
  const text = header ?? '';
  const waitMs = /^\s*\d+\s*$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}
