import type { Answer } from './answer-parser.js';
import { LatencyHistogram } from './latency-histogram.js';

export interface LoadResult {
  /** Units of work that ended inside the measured time; those of the warm-up are not among them. */
  completed: number;
  perSecond: number;
  /** Of a unit. */
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
  /** Ends the run early, after exactly so many units. */
  unitLimit?: number;
}

/** What one run has sent and seen, over all connections, and whether it may go on. */
export class LoadTally {
  readonly #startedAtMs = performance.now();
  readonly #cpuAtStart = process.cpuUsage();
  readonly #measureFromMs: number;
  readonly #measureUntilMs: number;
  readonly #latencies = new LatencyHistogram();
  #turnsLeft: number;
  #completed = 0;
  #answered = 0;
  #errors = 0;
  #firstError: string | undefined;
  #nonSuccess = 0;
  #firstBadAnswer: string | undefined;

  constructor(limits: TallyLimits) {
    this.#measureFromMs = this.#startedAtMs + limits.warmupMs;
    this.#measureUntilMs = this.#measureFromMs + limits.durationMs;
    this.#turnsLeft = limits.unitLimit ?? Number.POSITIVE_INFINITY;
  }

  /** Asks for leave to begin one more unit. */
  takeTurn(nowMs: number): boolean {
    if (this.#turnsLeft <= 0 || nowMs >= this.#measureUntilMs) return false;
    this.#turnsLeft -= 1;
    return true;
  }

  get completed(): number {
    return this.#completed;
  }

  recordAnswer(answer: Answer, accepted: boolean): void {
    this.#answered += 1;
    if (!accepted) {
      this.#nonSuccess += 1;
      this.#firstBadAnswer ??= `${answer.status} ${answer.body.toString('utf8', 0, 2000)}`;
    }
  }

  recordUnit(fromMs: number, nowMs: number): void {
    if (nowMs < this.#measureFromMs || nowMs >= this.#measureUntilMs) return;
    this.#completed += 1;
    this.#latencies.record(nowMs - fromMs);
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
      completed: this.#completed,
      perSecond: measuredMs > 0 ? (this.#completed * 1000) / measuredMs : 0,
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
