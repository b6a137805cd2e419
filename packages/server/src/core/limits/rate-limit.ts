import type { Clock } from '../clock.js';

export interface RateLimitOptions {
  readonly requestsPerSecond: number;
  /** How many requests may arrive at once after a pause. */
  readonly burst: number;
}

export interface RateVerdict {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Until the whole burst is available again, in whole seconds. */
  readonly resetSeconds: number;
  /** Until the next request is allowed, in whole seconds. */
  readonly retryAfterSeconds: number;
}

const BUCKETS_MAX = 50_000;

/** A token bucket for each API key, on this node. */
export class RateLimiter {
  private readonly buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly options: RateLimitOptions,
  ) {}

  take(keyId: string): RateVerdict {
    const { requestsPerSecond, burst } = this.options;
    const nowMs = this.clock.monotonicMs();
    const bucket = this.buckets.get(keyId) ?? { tokens: burst, atMs: nowMs };
    const refill = ((nowMs - bucket.atMs) / 1_000) * requestsPerSecond;
    const tokens = Math.min(burst, bucket.tokens + refill);
    const allowed = tokens >= 1;
    const left = allowed ? tokens - 1 : tokens;
    // A forgotten bucket counts as full, which it soon would have been.
    if (this.buckets.size >= BUCKETS_MAX) this.buckets.clear();
    this.buckets.set(keyId, { tokens: left, atMs: nowMs });
    return {
      allowed,
      limit: burst,
      remaining: Math.floor(left),
      resetSeconds: Math.ceil((burst - left) / requestsPerSecond),
      retryAfterSeconds: Math.max(1, Math.ceil((1 - tokens) / requestsPerSecond)),
    };
  }
}
