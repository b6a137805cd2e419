import { monotonicMs } from '../../core/clock.js';
import { FairQueue } from '../../core/engine/fairness/fair-queue.js';

declare module 'fastify' {
  interface FastifyInstance {
    turns: Turns;
  }
}

/** How long calls may work in one turn of the event loop; the rest waits for the next turn. */
const TURN_MS = 8;

/**
 * Shares the main thread. Hundreds of requests may arrive at one moment, and hundreds of outcomes with
 * one commit. Handled in one go, they would keep all other callers waiting. So each turn of the event
 * loop does a few milliseconds of work, taking the callers in turn. If there is less work than that,
 * all of it is done at once.
 */
export class Turns {
  private readonly waiting = new FairQueue<() => void>();
  private usedMs = 0;
  private scheduled = false;
  private working = false;

  /** @param lane whose work it is: a project, or an address without a known key */
  run(lane: string, work: () => void): void {
    // Work that is started inside other work is part of it.
    if (this.working) work();
    else if (this.waiting.size > 0 || this.usedMs >= TURN_MS) this.waiting.push(lane, work);
    else this.do(work);
  }

  private do(work: () => void): void {
    const startMs = monotonicMs();
    this.working = true;
    try {
      work();
    } finally {
      this.working = false;
    }
    this.usedMs += monotonicMs() - startMs;
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(this.next);
  }

  private readonly next = (): void => {
    this.scheduled = false;
    this.usedMs = 0;
    while (this.waiting.size > 0 && this.usedMs < TURN_MS)
      this.do(this.waiting.shift() as () => void);
  };
}
