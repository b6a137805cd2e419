import { firstRowIdAt } from './ids.js';

/**
 * Numbers for `seq`, for a store with one process. They start from the time, so that a restart needs no
 * record of the last one: the clock never runs behind the last time that was persisted.
 */
export class Sequence {
  constructor(private last = 0) {}

  next(nowMs: number): number {
    this.last = Math.max(this.last + 1, firstRowIdAt(nowMs));
    return this.last;
  }
}
