import type { Usage } from '../usage/usage.js';
import type { Answer } from './answer-parser.js';
import { LatencyHistogram } from './latency-histogram.js';

/** The latencies of the answers to one kind of request. */
export interface StepLatency {
  answered: number;
  p50Ms: number;
  p99Ms: number;
}

export interface LoadResult {
  /** All units of work, including those of the warm-up and those that ended after the measured time. */
  units: number;
  /** Units that ended within the measured time, which does not include the warm-up. */
  completed: number;
  /** Units per second. */
  perSecond: number;
  /** The messages of those units, if the load counts them. */
  messages?: number;
  /** The latencies of a unit. */
  p50Ms: number;
  p99Ms: number;
  /** The latencies of the single requests in a unit, if the load names them. */
  steps?: Record<string, StepLatency>;
  /** The answers within the measured time: several for a unit of several requests. */
  measuredAnswers: number;
  /** What the server used within the measured time, if a probe was given. */
  usage?: Usage;
  /** All answers, including those of the warm-up and those after the measured time. */
  answered: number;
  /** Connections that failed: refused, closed early, timed out, or not speaking HTTP. */
  errors: number;
  firstError?: string;
  /** Answers that were not 200, or whose body was rejected. */
  nonSuccess: number;
  firstBadAnswer?: string;
  /** The generator's own use of CPU; if it is near 1, the generator is the bottleneck. */
  cpuShare: number;
}

export interface TallyLimits {
  warmupMs: number;
  durationMs: number;
  /** Ends the run early, after exactly this many units. */
  unitLimit?: number;
}

/** Counts what one run has sent and received, over all connections, and decides whether it goes on. */
export class LoadTally {
  readonly #startedAtMs = performance.now();
  readonly #cpuAtStart = process.cpuUsage();
  readonly measureFromMs: number;
  readonly measureUntilMs: number;
  protected readonly latencies = new LatencyHistogram();
  readonly #steps = new Map<string, LatencyHistogram>();
  #turnsLeft: number;
  #units = 0;
  #completed = 0;
  #messages: number | undefined;
  #answered = 0;
  #measuredAnswers = 0;
  #errors = 0;
  #firstError: string | undefined;
  #nonSuccess = 0;
  #firstBadAnswer: string | undefined;

  constructor(limits: TallyLimits) {
    this.measureFromMs = this.#startedAtMs + limits.warmupMs;
    this.measureUntilMs = this.measureFromMs + limits.durationMs;
    this.#turnsLeft = limits.unitLimit ?? Number.POSITIVE_INFINITY;
  }

  /** @returns whether one more unit may begin */
  takeTurn(nowMs: number): boolean {
    if (this.#turnsLeft <= 0 || nowMs >= this.measureUntilMs) return false;
    this.#turnsLeft -= 1;
    return true;
  }

  get completed(): number {
    return this.#completed;
  }

  recordAnswer(answer: Answer, accepted: boolean, nowMs: number): void {
    this.#answered += 1;
    if (this.#isMeasured(nowMs)) this.#measuredAnswers += 1;
    if (!accepted) {
      this.#nonSuccess += 1;
      this.#firstBadAnswer ??= `${answer.status} ${answer.body.toString('utf8', 0, 2000)}`;
    }
  }

  recordUnit(fromMs: number, nowMs: number, messages?: number): void {
    this.#units += 1;
    if (!this.isUnitMeasured(fromMs, nowMs)) return;
    this.#completed += 1;
    if (messages !== undefined) this.#messages = (this.#messages ?? 0) + messages;
    this.latencies.record(nowMs - fromMs);
  }

  recordStep(step: string, fromMs: number, nowMs: number): void {
    if (!this.#isMeasured(nowMs)) return;
    const latencies = this.#steps.get(step) ?? new LatencyHistogram();
    this.#steps.set(step, latencies);
    latencies.record(nowMs - fromMs);
  }

  /** A closed loop counts the units that ended within the measured time. */
  protected isUnitMeasured(_fromMs: number, nowMs: number): boolean {
    return this.#isMeasured(nowMs);
  }

  #isMeasured(nowMs: number): boolean {
    return nowMs >= this.measureFromMs && nowMs < this.measureUntilMs;
  }

  recordError(error: unknown): void {
    this.#errors += 1;
    this.#firstError ??= String(error);
  }

  result(): LoadResult {
    const nowMs = performance.now();
    const measuredMs = Math.min(nowMs, this.measureUntilMs) - this.measureFromMs;
    const cpu = process.cpuUsage(this.#cpuAtStart);
    return {
      units: this.#units,
      completed: this.#completed,
      perSecond: measuredMs > 0 ? (this.#completed * 1000) / measuredMs : 0,
      ...(this.#messages !== undefined && { messages: this.#messages }),
      ...latencyOf(this.latencies),
      ...(this.#steps.size > 0 && { steps: this.#stepLatencies() }),
      measuredAnswers: this.#measuredAnswers,
      answered: this.#answered,
      errors: this.#errors,
      ...(this.#firstError !== undefined && { firstError: this.#firstError }),
      nonSuccess: this.#nonSuccess,
      ...(this.#firstBadAnswer !== undefined && { firstBadAnswer: this.#firstBadAnswer }),
      cpuShare: (cpu.user + cpu.system) / 1000 / (nowMs - this.#startedAtMs),
    };
  }

  #stepLatencies(): Record<string, StepLatency> {
    const entries = [...this.#steps].map(([step, latencies]) => {
      return [step, { answered: latencies.count, ...latencyOf(latencies) }] as const;
    });
    return Object.fromEntries(entries);
  }
}

const latencyOf = (latencies: LatencyHistogram) => ({
  p50Ms: latencies.percentileMs(0.5),
  p99Ms: latencies.percentileMs(0.99),
});
