import { backoffMs } from '../delivery/backoff.js';
import type { DeliveryResult } from '../delivery/delivery-result.js';

/** A delivery that has begun; it is passed back when it ends. */
export interface Attempt {
  readonly messageId: string;
  readonly isProbe: boolean;
  /** Numbers all attempts, to tell which of two began first. */
  readonly ordinal: number;
  /** How often the breaker had opened or closed when the attempt began. */
  readonly period: number;
  /** From now on, outages use this message's retries too. */
  readonly isLastChance: boolean;
}

export interface AttemptEnd {
  /** Whether this failure counts towards the queue's `max_retries`. */
  readonly usesRetry: boolean;
  readonly change: 'opened' | 'closed' | null;
}

const FAILURES_TO_OPEN = 5;
/**
 * How many deliveries of one message may use no retry. If it is alone in its queue, it cannot be told
 * from an outage, and it is every probe: with the pauses between probes, this many take more than a day.
 */
export const SPARED_MAX = 150;
/**
 * How many messages are remembered; those that failed and never came back are forgotten, oldest first.
 */
const REMEMBERED_MAX = 10_000;

/**
 * Holds back deliveries of one subscription while its receiver is down. After five outages in a row it
 * opens; then it lets one probe at a time through, until a probe gets any answer that is not an outage.
 *
 * Which failures use a retry:
 * - A `failure` (any answer except success, 429, 502, 503 and 504) and an `unsent` always do.
 * - An `outage` never does while the breaker is open, when it opens the breaker, or when its attempt
 *   began before the breaker last opened or closed.
 * - Any other `outage` does exactly if the receiver has worked since this message's previous failure: it
 *   has answered an attempt, of any message, that began after that failure.
 *
 * So the first outage of a message is free: it cannot be known yet whether the message or the receiver
 * is at fault, and with `max_retries` 0 there is no second chance. During an outage no later attempt is
 * answered, so none uses a retry, however many are in flight before the fifth failure. Answers to
 * earlier attempts do not count, since a receiver that shuts down finishes the requests it has while it
 * refuses new ones. A message that alone gets 503 while others are answered uses retries from its second
 * failure on, and is a dead letter after `max_retries` + 2 attempts. If several messages have opened the
 * breaker, it was an outage and their failures are forgotten; if a single one has, it stays suspect. A
 * message that was delivered `SPARED_MAX` times without using a retry is no longer spared by an outage,
 * so that a message that never succeeds has an end even if no other message comes. These rules have one
 * cost: a message that failed shortly before an outage, while others were answered, may use a retry for
 * its first failure within it.
 *
 * A probe should be a message other than the one that failed last, or a single bad message keeps the
 * breaker open.
 */
export class Breaker {
  /** For each message, how many attempts had begun when it last met an outage. */
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
   * Must be called for each admitted delivery, and followed by exactly one `ended`.
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
    // Clearing an empty set would still allocate a new table.
    if (this.runFailures === 0) return;
    this.runFailures = 0;
    this.runMessages.clear();
    this.holdUntilMs = 0;
  }
}
