import { FairQueue } from './fair-queue.js';
import { overloaded, RefusalError } from './refusal.js';

/** Of all projects; one of them may have as much waiting as it leaves to the others. */
const WAITING_MAX = 65_536;

/**
 * Does so much work at once and no more; what waits for it is taken from the projects in turn, so
 * that a project with much work delays another one by a piece of it each time.
 */
export class FairWork {
  private readonly waiting = new FairQueue<() => void>();
  private underWay = 0;

  constructor(private readonly maxUnderWay: number) {}

  async run<T>(project: string, work: () => Promise<T>): Promise<T> {
    if (this.underWay >= this.maxUnderWay) await this.turn(project);
    else this.underWay += 1;
    try {
      return await work();
    } finally {
      // Its place goes to who waits, and not to whoever comes just now.
      const next = this.waiting.shift();
      if (next === undefined) this.underWay -= 1;
      else next();
    }
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
