import { monotonicMs } from '../clock.js';

/** Bounds the memory; the oldest entry is forgotten first. */
const KEPT_MAX = 10_000;

/** The keys of commands that are kept apart from others for a while, after something has gone wrong. */
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

  /** Keeps the key apart, starting now. */
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
