import { invalidOption } from '../errors.js';

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

export type RetryRules = { readonly [Name in keyof RetryOptions]-?: number };

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
  const rules = {
    maxAttempts: options?.maxAttempts ?? defaults.maxAttempts,
    totalMs: options?.totalMs ?? defaults.totalMs,
    baseDelayMs: options?.baseDelayMs ?? defaults.baseDelayMs,
    maxDelayMs: options?.maxDelayMs ?? defaults.maxDelayMs,
  };
  if (!(rules.maxAttempts >= 1)) throw invalidOption('retries.maxAttempts must be at least 1');
  for (const name of ['totalMs', 'baseDelayMs', 'maxDelayMs'] as const) {
    if (!(rules[name] >= 0)) throw invalidOption(`retries.${name} must be at least 0`);
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
