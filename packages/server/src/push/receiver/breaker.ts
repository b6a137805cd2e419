import { backoffMs } from '../delivery/backoff.js';
import type { DeliveryResult } from '../delivery/delivery-result.js';

/** One delivery that was begun; handed back when it ends. */
export interface Attempt {
  readonly messageId: string;
  readonly isProbe: boolean;
  /** Counts all attempts, so that of two it is known which began first. */
  readonly ordinal: number;
  /** How often the breaker had opened or closed. */
  readonly period: number;
  /** No outage spares this message a retry any more. */
  readonly isLastChance: boolean;
}

export interface AttemptEnd {
  /** Whether this failure counts towards the queue's `max_retries`. */
  readonly usesRetry: boolean;
  readonly change: 'opened' | 'closed' | null;
}

const FAILURES_TO_OPEN = 5;
/**
 * So many deliveries of one message may use no retry. Where it is alone in its queue, nobody can tell
 * it from an outage, and it is every probe: with their pauses, so many take more than a day.
 */
export const SPARED_MAX = 150;
/** Messages that failed and then left by another way are forgotten, the oldest first. */
const REMEMBERED_MAX = 10_000;

/**
 * Holds deliveries of one subscription back while its receiver is down. After five outages in a row it
 * opens; then one probe at a time is let through, until a probe gets any answer that is no outage.
 *
 * Which failures use a retry:
 * - A `failure` (an answer that is none of success, 429, 502, 503 and 504) and an `unsent` always do.
 * - An `outage` while the breaker is open, one that opens it, and one of an attempt that began before
 *   it last opened or closed, never does.
 * - Any other `outage` does exactly when the receiver was well since this message failed before: it
 *   has answered an attempt, of whatever message, that began after that earlier failure.
 *
 * So the first outage that a message meets is free: nobody can tell yet whether the message or the
 * receiver is at fault, and with `max_retries` 0 there is no second chance to be right. In an outage
 * no later attempt is answered, hence none is charged, however many are in flight before the fifth
 * failure. Answers to attempts from before do not count, since a receiver that shuts down finishes
 * what it has while it refuses what is new. A message that alone gets 503 while others are answered
 * pays from its second failure on, and is a dead letter after `max_retries` + 2 attempts. When several
 * messages have opened the breaker, it was an outage and what they owe is forgotten; when a single one
 * has, it stays suspect. No outage spares a message that was delivered `SPARED_MAX` times for free, so
 * that one which never succeeds has an end where no other one comes by. The one price: a message that
 * failed shortly before an outage, while others were answered, may pay its first failure within it.
 *
 * A probe is best a message that did not fail last, or one bad message alone keeps the breaker open.
 */
export class Breaker {
  /** By message: how many attempts had begun when it last met an outage. */
  private readonly failedAfter = new Map<string, number>();
  private readonly runMessages = new Set<string>();
  private runFailures = 0;
  private holdUntilMs = 0;
  private begunCount = 0;
  private newestAnswered = 0;
  private period = 0;
  private open: { probeFailures: number; probeAtMs: number; isProbing: boolean } | null = null;

  constructor(private readonly random: () => number) {}

  get isOpen(): boolean {
    return this.open !== null;
  }

  /** When the next probe may begin; null while closed, and while a probe is under way. */
  get nextProbeAtMs(): number | null {
    return this.open === null || this.open.isProbing ? null : this.open.probeAtMs;
  }

  admits(nowMs: number): 'yes' | 'probe' | 'no' {
    if (this.open === null) return 'yes';
    return this.open.isProbing || nowMs < this.open.probeAtMs ? 'no' : 'probe';
  }

  /**
   * To be called with what was admitted, and answered by exactly one `ended`.
   *
   * @param spared how many deliveries of this message have used no retry
   */
  began(messageId: string, nowMs: number, spared = 0): Attempt {
    const isProbe = this.admits(nowMs) === 'probe';
    if (isProbe && this.open !== null) this.open.isProbing = true;
    this.begunCount += 1;
    const isLastChance = spared >= SPARED_MAX;
    return { messageId, isProbe, ordinal: this.begunCount, period: this.period, isLastChance };
  }

  ended(
    attempt: Attempt,
    result: DeliveryResult,
    nowMs: number,
    retryAfterMs: number | null = null,
  ): AttemptEnd {
    const isProbe = attempt.isProbe && attempt.period === this.period;
    if (isProbe && this.open !== null) this.open.isProbing = false;
    if (result === 'cancelled' || result === 'unsent') {
      return { usesRetry: result === 'unsent', change: null };
    }
    if (result === 'outage') {
      const end = this.endedByOutage(attempt, isProbe, nowMs, retryAfterMs ?? 0);
      return attempt.isLastChance ? { ...end, usesRetry: true } : end;
    }
    this.newestAnswered = Math.max(this.newestAnswered, attempt.ordinal);
    this.failedAfter.delete(attempt.messageId);
    const usesRetry = result === 'failure';
    if (this.open === null) this.startRun();
    if (this.open === null || !isProbe) return { usesRetry, change: null };
    this.open = null;
    this.period += 1;
    return { usesRetry, change: 'closed' };
  }

  private endedByOutage(
    attempt: Attempt,
    isProbe: boolean,
    nowMs: number,
    retryAfterMs: number,
  ): AttemptEnd {
    const free: AttemptEnd = { usesRetry: false, change: null };
    if (this.open !== null) {
      if (isProbe) {
        this.open.probeFailures += 1;
        this.open.probeAtMs = nowMs + backoffMs(this.open.probeFailures + 1, this.random);
      }
      this.open.probeAtMs = Math.max(this.open.probeAtMs, nowMs + retryAfterMs);
      return free;
    }
    if (attempt.period !== this.period) return free;
    const isCharged = this.wasWellSince(attempt.messageId);
    this.remember(attempt.messageId);
    this.runMessages.add(attempt.messageId);
    this.runFailures += 1;
    this.holdUntilMs = Math.max(this.holdUntilMs, nowMs + retryAfterMs);
    if (this.runFailures < FAILURES_TO_OPEN) return { usesRetry: isCharged, change: null };
    if (this.runMessages.size > 1) this.failedAfter.clear();
    const probeAtMs = Math.max(nowMs + backoffMs(1, this.random), this.holdUntilMs);
    this.open = { probeFailures: 0, probeAtMs, isProbing: false };
    this.period += 1;
    this.startRun();
    return { usesRetry: false, change: 'opened' };
  }

  private wasWellSince(messageId: string): boolean {
    const failedAfter = this.failedAfter.get(messageId);
    return failedAfter !== undefined && this.newestAnswered > failedAfter;
  }

  private remember(messageId: string): void {
    this.failedAfter.delete(messageId);
    this.failedAfter.set(messageId, this.begunCount);
    if (this.failedAfter.size <= REMEMBERED_MAX) return;
    for (const oldest of this.failedAfter.keys()) {
      this.failedAfter.delete(oldest);
      break;
    }
  }

  private startRun(): void {
    // To clear a set that is empty makes a new table all the same.
    if (this.runFailures === 0) return;
    this.runFailures = 0;
    this.runMessages.clear();
    this.holdUntilMs = 0;
  }
}
