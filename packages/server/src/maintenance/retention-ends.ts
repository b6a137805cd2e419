/** The time at which the next message of a queue is past its retention. */
export interface RetentionEnd {
  readonly queueId: number;
  readonly atMs: number;
}

/** Bounds the memory: of more queues than this, the earliest ends are kept. */
const KNOWN_MAX = 10_000;

/** The queues in which a message will soon be past its retention, so that only those are looked at. */
export class RetentionEnds {
  private readonly known = new Map<number, number>();
  private untilMs = 0;

  constructor(private readonly knownMax = KNOWN_MAX) {}

  /** Up to this time, all retention ends are known here. */
  get completeUntilMs(): number {
    return this.untilMs;
  }

  /** Forgets everything; ends later than this time need not be noted. */
  begin(untilMs: number): void {
    this.known.clear();
    this.untilMs = untilMs;
  }

  note({ queueId, atMs }: RetentionEnd): void {
    if (atMs >= this.untilMs) return;
    this.known.set(queueId, atMs);
    if (this.known.size >= 2 * this.knownMax) this.keepEarliest();
  }

  forget(queueId: number): void {
    this.known.delete(queueId);
  }

  /** The ids of the queues whose time has come, in ascending order. */
  due(nowMs: number, limit: number): number[] {
    const due = [...this.known].flatMap(([queueId, atMs]) => (atMs <= nowMs ? [queueId] : []));
    return due.sort((a, b) => a - b).slice(0, limit);
  }

  /** When to look again. */
  nextAtMs(): number {
    let nextMs = this.untilMs;
    for (const atMs of this.known.values()) nextMs = Math.min(nextMs, atMs);
    return nextMs;
  }

  private keepEarliest(): void {
    const later = [...this.known].sort(([, a], [, b]) => a - b).slice(this.knownMax);
    for (const [queueId] of later) this.known.delete(queueId);
    this.untilMs = later[0]?.[1] ?? this.untilMs;
  }
}
