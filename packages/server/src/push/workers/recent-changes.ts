/**
 * A transaction draws its change number before it commits, so one that commits late has a lower number
 * than changes already read. Changes this far back are therefore read again; no commit group takes
 * longer.
 */
export const OVERLAP_MS = 15_000;

interface Mark {
  readonly atMs: number;
  readonly seq: number;
}

/** The number after which changes of other nodes must be read. Times are of the monotonic clock. */
export class RecentChanges {
  /** When each higher number was first seen, oldest first; all but the first are within the overlap. */
  private readonly marks: Mark[] = [{ atMs: Number.NEGATIVE_INFINITY, seq: 0 }];

  constructor(private readonly overlapMs = OVERLAP_MS) {}

  /** Changes up to this number have been seen. */
  seen(seq: number, nowMs: number): void {
    if (seq > (this.marks.at(-1) as Mark).seq) this.marks.push({ atMs: nowMs, seq });
  }

  /** Everything was read: no earlier change needs to be read again. */
  seenAll(seq: number, nowMs: number): void {
    this.marks.splice(0, this.marks.length, { atMs: nowMs, seq });
  }

  /** Changes after this number must be read. */
  afterSeq(nowMs: number): number {
    while ((this.marks[1]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs - this.overlapMs) {
      this.marks.shift();
    }
    return (this.marks[0] as Mark).seq;
  }
}
