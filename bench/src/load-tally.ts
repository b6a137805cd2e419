import type { Answer } from './answer-parser.js';
import { LatencyHistogram } from './latency-histogram.js';

export interface LoadResult {
  /** Answers inside the measured time; those of the warm-up are not among them. */
  requests: number;
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** All answers, the warm-up and the last ones under way included. */
  answered: number;
  /** Connections that failed: refused, closed early, timed out, or not speaking HTTP. */
  errors: number;
  firstError?: string;
  /** Answers that were not 200, or whose body was refused. */
  nonSuccess: number;
  firstBadAnswer?: string;
  /** The generator's own use of CPU; near 1 means that it is the bottleneck. */
  cpuShare: number;
}

export interface TallyLimits {
  warmupMs: number;
  durationMs: number;
  /** Ends the run early, after exactly so many requests. */
  requestLimit?: number;
}

/** What one run has sent and seen, over all connections, and whether it may go on. */
export class LoadTally {
  readonly #startedAtMs = performance.now();
  readonly #cpuAtStart = process.cpuUsage();
  readonly #measureFromMs: number;
  readonly #measureUntilMs: number;
  readonly #latencies = new LatencyHistogram();
  #turnsLeft: number;
  #requests = 0;
  #answered = 0;
  #errors = 0;
  #firstError: string | undefined;
  #nonSuccess = 0;
  #firstBadAnswer: string | undefined;

  constructor(limits: TallyLimits) {
    this.#measureFromMs = this.#startedAtMs + limits.warmupMs;
    this.#measureUntilMs = this.#measureFromMs + limits.durationMs;
    this.#turnsLeft = limits.requestLimit ?? Number.POSITIVE_INFINITY;
  }

  /** Asks for leave to send one more request. */
  takeTurn(nowMs: number): boolean {
    if (this.#turnsLeft <= 0 || nowMs >= this.#measureUntilMs) return false;
    this.#turnsLeft -= 1;
    return true;
  }

  recordAnswer(answer: Answer, accepted: boolean, sentAtMs: number, nowMs: number): void {
    this.#answered += 1;
    if (!accepted) {
      this.#nonSuccess += 1;
      this.#firstBadAnswer ??= `${answer.status} ${answer.body.toString('utf8', 0, 2000)}`;
    }
    if (nowMs < this.#measureFromMs || nowMs >= this.#measureUntilMs) return;
    this.#requests += 1;
    this.#latencies.record(nowMs - sentAtMs);
  }

  recordError(error: unknown): void {
    this.#errors += 1;
    this.#firstError ??= String(error);
  }

  result(): LoadResult {
    const nowMs = performance.now();
    const measuredMs = Math.min(nowMs, this.#measureUntilMs) - this.#measureFromMs;
    const cpu = process.cpuUsage(this.#cpuAtStart);
    return {
      requests: this.#requests,
      requestsPerSecond: measuredMs > 0 ? (this.#requests * 1000) / measuredMs : 0,
      p50Ms: this.#latencies.percentileMs(0.5),
      p99Ms: this.#latencies.percentileMs(0.99),
      answered: this.#answered,
      errors: this.#errors,
      ...(this.#firstError !== undefined && { firstError: this.#firstError }),
      nonSuccess: this.#nonSuccess,
      ...(this.#firstBadAnswer !== undefined && { firstBadAnswer: this.#firstBadAnswer }),
      cpuShare: (cpu.user + cpu.system) / 1000 / (nowMs - this.#startedAtMs),
    };
  }
}
