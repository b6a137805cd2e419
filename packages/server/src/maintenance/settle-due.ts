import type { Clock } from '../core/clock.js';
import type { GroupCommit } from '../core/commit-groups/group-commit.js';
import type { BackgroundJob } from './background-job.js';

const LIMIT_PER_GROUP = 1_000;
/** The pause after a settle command that failed. */
const AGAIN_AFTER_MS = 1_000;

/**
 * Settles leases and delays when they are due, even if nobody consumes. It sleeps until the next one
 * is due, so an idle queue costs nothing.
 */
export class DueSettler implements BackgroundJob {
  private cancelTimer: (() => void) | undefined;
  private dueAtMs: number | null = null;
  private running: Promise<void> | undefined;
  private started = false;

  constructor(
    private readonly commit: GroupCommit,
    private readonly clock: Clock,
    /** How often to look for leases and delays that ended nodes left behind; null for a single node. */
    private readonly safetyPollMs: number | null,
  ) {}

  /** Takes the time at which the next lease or delay is due, as the store reports it. */
  nextDue(atMs: number | null): void {
    if (atMs === this.dueAtMs && (this.cancelTimer !== undefined || atMs === null)) return;
    this.dueAtMs = atMs;
    this.schedule();
  }

  /** Settles first what became due while no server ran. */
  start(): void {
    if (this.started) return;
    this.started = true;
    this.dueAtMs = this.clock.nowMs();
    this.schedule();
  }

  async catchUp(): Promise<void> {
    while (this.started) {
      if (this.running !== undefined) await this.running;
      else if (this.dueAtMs !== null && this.dueAtMs <= this.clock.nowMs()) this.run();
      else return;
    }
  }

  async stop(): Promise<void> {
    this.started = false;
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    await this.running;
  }

  private schedule(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    if (!this.started || this.running !== undefined) return;
    const nowMs = this.clock.nowMs();
    const pollAtMs = this.safetyPollMs === null ? null : nowMs + this.safetyPollMs;
    const times = [this.dueAtMs, pollAtMs].filter((timeMs) => timeMs !== null);
    if (times.length === 0) return;
    this.cancelTimer = this.clock.setTimer(() => this.run(), Math.min(...times) - nowMs);
  }

  private run(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    this.running = this.settle().finally(() => {
      this.running = undefined;
      this.schedule();
    });
  }

  private async settle(): Promise<void> {
    // The store reports the next due time before this resolves.
    const outcome = await this.commit.submit({ kind: 'settleDue', limit: LIMIT_PER_GROUP });
    if (!outcome.ok) this.dueAtMs = this.againAtMs(this.clock.nowMs());
  }

  /** A second from now, or the next known due time if that is earlier. */
  private againAtMs(nowMs: number): number {
    const againAtMs = nowMs + AGAIN_AFTER_MS;
    const isAhead = this.dueAtMs !== null && this.dueAtMs > nowMs;
    return isAhead ? Math.min(this.dueAtMs as number, againAtMs) : againAtMs;
  }
}
