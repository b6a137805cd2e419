import { type LoadResult, LoadTally } from '../load-tally.js';

/** Shares of all units, with more and more nines, for a curve of their latencies. */
const CURVE_SHARES = [
  0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.985, 0.99,
  0.9925, 0.995, 0.997, 0.998, 0.9985, 0.999, 0.9993, 0.9995, 0.9997, 0.9999, 0.99995, 0.99999,
];

export interface OpenLatencies {
  p999Ms: number;
  maxMs: number;
  /** Shares of the units, and the latency that so many did not exceed. */
  curve: { share: number; ms: number }[];
  /** The worst latency of the units that were due in each second. */
  worstMs: number[];
}

/** Counts the units that were due within the measured time, whenever they ended. */
export class OpenTally extends LoadTally {
  readonly #worstMs: number[] = [];

  override recordUnit(fromMs: number, nowMs: number, messages?: number): void {
    super.recordUnit(fromMs, nowMs, messages);
    if (!this.isUnitMeasured(fromMs)) return;
    const second = Math.floor((fromMs - this.measureFromMs) / 1000);
    this.#worstMs[second] = Math.max(this.#worstMs[second] ?? 0, nowMs - fromMs);
  }

  openResult(): LoadResult & OpenLatencies {
    const { latencies } = this;
    const curve = CURVE_SHARES.map((share) => ({ share, ms: latencies.percentileMs(share) }));
    return {
      ...this.result(),
      p999Ms: latencies.percentileMs(0.999),
      maxMs: latencies.maxMs,
      // Beyond the share of a single unit, the curve would repeat the maximum.
      curve: curve.filter(({ share }) => (1 - share) * latencies.count >= 1),
      worstMs: Array.from(this.#worstMs, (ms = 0) => ms),
    };
  }

  protected override isUnitMeasured(fromMs: number): boolean {
    return fromMs >= this.measureFromMs && fromMs < this.measureUntilMs;
  }
}
