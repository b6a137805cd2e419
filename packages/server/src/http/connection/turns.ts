import { monotonicMs } from '../../core/clock.js';
import { FairQueue } from '../../core/engine/fair-queue.js';

declare module 'fastify' {
  interface FastifyInstance {
    turns: Turns;
  }
}

/** So long the work of calls may take in one turn of the event loop; what is left waits for the next. */
const TURN_MS = 8;

/**
 * Shares the main thread. Hundreds of requests may come in at one moment, and hundreds of outcomes
 * with one commit; done one after the other, they would keep everybody else waiting for as long as
 * that takes. So each turn of the event loop does a few milliseconds' worth, from the callers in
 * turn. While there is less to do than that, everything is done at once.
 */
export class Turns {
  private readonly waiting = new FairQueue<() => void>();
  private usedMs = 0;
  private scheduled = false;
  private working = false;

  /** @param lane whose work it is: a project, or an address that has shown no key */
  run(lane: string, work: () => void): void {
    // What work leads to at once is a part of it.
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
