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
 * do not come back together. A pause that the server asked for is waited for in any case.
 */
export function retryDelayMs(
  rules: Pick<RetryRules, 'baseDelayMs' | 'maxDelayMs'>,
  failures: number,
  retryAfterMs = 0,
  random: () => number = Math.random,
): number {
  const longestMs = Math.min(rules.maxDelayMs, rules.baseDelayMs * 2 ** (failures - 1));
  return retryAfterMs + random() * longestMs;
}

/** Reads `Retry-After`, which is a number of seconds or a date. */
export function retryAfterMs(header: string | null, nowMs = Date.now()): number | undefined {
  if (header === null) return undefined;
  const value = header.trim();
  if (/^\d+$/.test(value)) return Number(value) * 1_000;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
