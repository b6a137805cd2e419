/** When a message of a queue will next be past its retention. */
export interface RetentionEnd {
  readonly queueId: number;
  readonly atMs: number;
}

/** A bound for memory's sake: of more queues than that, the earliest. */
const KNOWN_MAX = 10_000;

/** The queues in which a message will soon be past its retention, so that no other is looked at. */
export class RetentionEnds {
  private readonly known = new Map<number, number>();
  private untilMs = 0;

  constructor(private readonly knownMax = KNOWN_MAX) {}

  /** Before this time nothing else ends than what is known here. */
  get completeUntilMs(): number {
    return this.untilMs;
  }

  /** Forgets all; what ends later than this need not be noted. */
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

  /** In the order of their ids. */
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
