import { monotonicMs } from '../clock.js';

/** A bound for memory's sake; the one that has been kept longest is forgotten first. */
const KEPT_MAX = 10_000;

/** What keeps apart from the others for a while, after something has gone wrong with it. */
export class KeptApart {
  private readonly untilMs = new Map<string, number>();

  constructor(
    private readonly forMs: number,
    private readonly nowMs: () => number = monotonicMs,
  ) {}

  has(key: string): boolean {
    const untilMs = this.untilMs.size === 0 ? undefined : this.untilMs.get(key);
    if (untilMs === undefined || this.nowMs() < untilMs) return untilMs !== undefined;
    this.untilMs.delete(key);
    return false;
  }

  /** From now on, for a while. */
  add(key: string): void {
    this.untilMs.delete(key);
    this.untilMs.set(key, this.nowMs() + this.forMs);
    if (this.untilMs.size <= KEPT_MAX) return;
    const [oldest] = this.untilMs.keys();
    this.untilMs.delete(oldest as string);
  }

  delete(key: string): void {
    this.untilMs.delete(key);
  }
}
