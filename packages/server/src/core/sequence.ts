import { firstRowIdAt } from './ids.js';

/**
 * Places in the queues' order, for a store of one process. They count on from the time, so that a
 * restart needs no record of the last one: the clock never runs behind what was persisted.
 */
export class Sequence {
  constructor(private last = 0) {}

  next(nowMs: number): number {
    this.last = Math.max(this.last + 1, firstRowIdAt(nowMs));
    return this.last;
  }
}
