import { monotonicMs } from '../../../core/clock.js';

/** How many index entries a search for the oldest message may walk past before its result is kept. */
const WALKED_MAX = 20_000;
/**
 * How long a result is kept for each entry walked: at 3 us each, walking takes a twentieth of the time.
 */
const KEPT_MS_PER_ENTRY = 0.06;
const BUCKETS_MAX = 10_000;

/**
 * While there is an old snapshot, the index keeps the entries of removed messages, and a search for the
 * oldest message walks past all of them. A long walk is not repeated at once: its result is kept for a
 * time that grows with its length, some seconds for 100,000 entries.
 */
export class OldestKnown {
  private readonly buckets = new Map<number, { oldestAtMs: number | null; untilMs: number }>();

  constructor(private readonly nowMs: () => number = monotonicMs) {}

  /** The kept results by bucket: there the oldest message need not be searched for. */
  current(): Map<number, number | null> {
    const nowMs = this.nowMs();
    for (const [bucketId, { untilMs }] of this.buckets) {
      if (untilMs <= nowMs) this.buckets.delete(bucketId);
    }
    return new Map([...this.buckets].map(([bucketId, { oldestAtMs }]) => [bucketId, oldestAtMs]));
  }

  /** @param walked how many index entries the search walked past */
  found(bucketId: number, oldestAtMs: number | null, walked: number): void {
    if (walked <= WALKED_MAX || this.buckets.size >= BUCKETS_MAX) return;
    const untilMs = this.nowMs() + walked * KEPT_MS_PER_ENTRY;
    this.buckets.set(bucketId, { oldestAtMs, untilMs });
  }
}
