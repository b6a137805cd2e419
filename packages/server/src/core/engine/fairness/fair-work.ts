import { overloaded, RefusalError } from '../../refusal.js';
import { FairQueue } from './fair-queue.js';

/** For all projects; one project may have at most as much waiting as it leaves free. */
const WAITING_MAX = 65_536;

/**
 * Runs a bounded number of tasks at once. Waiting tasks are taken from the projects in turn, so that a
 * project with many tasks delays another project by only one task a turn.
 */
export class FairWork {
  private readonly waiting = new FairQueue<() => void>();
  private underWay = 0;
  private paused = false;
  private becameIdle = (): void => {};

  constructor(private readonly maxUnderWay: number) {}

  async run<T>(project: string, work: () => Promise<T>): Promise<T> {
    if (this.paused || this.underWay >= this.maxUnderWay) await this.turn(project);
    else this.underWay += 1;
    try {
      return await work();
    } finally {
      // A task that waits takes over, before any that arrives now.
      const next = this.paused ? undefined : this.waiting.shift();
      if (next === undefined) this.leave();
      else next();
    }
  }

  /** Starts nothing until `resume`. Resolves when nothing is under way. */
  pause(): Promise<void> {
    this.paused = true;
    if (this.underWay === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.becameIdle = resolve;
    });
  }

  resume(): void {
    this.paused = false;
    while (this.underWay < this.maxUnderWay) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      this.underWay += 1;
      next();
    }
  }

  private leave(): void {
    this.underWay -= 1;
    if (this.underWay === 0) this.becameIdle();
  }

  private turn(project: string): Promise<void> {
    if (this.waiting.sizeOf(project) >= WAITING_MAX - this.waiting.size) {
      throw new RefusalError(overloaded('waiting reads'));
    }
    return new Promise((resolve) => {
      this.waiting.push(project, resolve);
    });
  }
}
