/**
 * A transaction draws its number before it commits, so one that commits late has a lower number than
 * what was read before. So far back it is read again; no commit group takes longer.
 */
export const OVERLAP_MS = 15_000;

interface Mark {
  readonly atMs: number;
  readonly seq: number;
}

/** From where on the changes of other nodes are to be read. Times are of the monotonic clock. */
export class RecentChanges {
  /** When each higher number was first seen, the oldest first; all but the first within the overlap. */
  private readonly marks: Mark[] = [{ atMs: Number.NEGATIVE_INFINITY, seq: 0 }];

  constructor(private readonly overlapMs = OVERLAP_MS) {}

  /** Changes up to this one have been seen. */
  seen(seq: number, nowMs: number): void {
    if (seq > (this.marks.at(-1) as Mark).seq) this.marks.push({ atMs: nowMs, seq });
  }

  /** Everything there is was read: nothing before needs to be read again. */
  seenAll(seq: number, nowMs: number): void {
    this.marks.splice(0, this.marks.length, { atMs: nowMs, seq });
  }

  /** Changes behind this one are to be read. */
  afterSeq(nowMs: number): number {
    while ((this.marks[1]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs - this.overlapMs) {
      this.marks.shift();
    }
    return (this.marks[0] as Mark).seq;
  }
}
