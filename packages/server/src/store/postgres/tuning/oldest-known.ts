import { monotonicMs } from '../../../core/clock.js';

/** Index entries that a look for the oldest message may walk past before its result is kept. */
const WALKED_MAX = 20_000;
/** For each entry of a long walk the result stands so long: a twentieth of the time at 3 us each. */
const KEPT_MS_PER_ENTRY = 0.06;
const BUCKETS_MAX = 10_000;

/**
 * Beside an old snapshot the index keeps the entries of messages that have gone, and whoever looks
 * for the oldest walks past all of them. A long walk is not repeated at once: its result stands for
 * a time that grows with it, some seconds for 100,000 entries.
 */
export class OldestKnown {
  private readonly buckets = new Map<number, { oldestAtMs: number | null; untilMs: number }>();

  constructor(private readonly nowMs: () => number = monotonicMs) {}

  /** By bucket: where the oldest need not be looked for. */
  current(): Map<number, number | null> {
    const nowMs = this.nowMs();
    for (const [bucketId, { untilMs }] of this.buckets) {
      if (untilMs <= nowMs) this.buckets.delete(bucketId);
    }
    return new Map([...this.buckets].map(([bucketId, { oldestAtMs }]) => [bucketId, oldestAtMs]));
  }

  /** @param walked index entries that the look walked past */
  found(bucketId: number, oldestAtMs: number | null, walked: number): void {
    if (walked <= WALKED_MAX || this.buckets.size >= BUCKETS_MAX) return;
    const untilMs = this.nowMs() + walked * KEPT_MS_PER_ENTRY;
    this.buckets.set(bucketId, { oldestAtMs, untilMs });
  }
}
