import { firstRowIdAt } from './ids.js';

/** How many places there are in a millisecond. */
export const PLACES_PER_MS = firstRowIdAt(1) - firstRowIdAt(0);

/**
 * Places in the queues' order. They count on from the time, so that a restart needs no record of
 * the last one: the clock never runs behind what was persisted.
 */
export class Sequence {
  constructor(private last = 0) {}

  /** @param placesGone of the millisecond, where its parts are known: nodes may share it */
  next(nowMs: number, placesGone = 0): number {
    this.last = Math.max(this.last + 1, firstRowIdAt(nowMs) + placesGone);
    return this.last;
  }

  /** A place that was taken elsewhere: what comes next comes behind it. */
  passed(seq: number): void {
    this.last = Math.max(this.last, seq);
  }
}
