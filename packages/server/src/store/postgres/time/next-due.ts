/** How one commit group reports to `NextDue`; `ended` is called when it is over, committed or not. */
export interface DueUpdate {
  /** The commit group has set ends of leases or delays, from this time on, and may have committed. */
  begun(earliestMs: number | null): void;
  /** The commit group has read when the next lease or delay ends, and has committed. */
  read(nextMs: number | null): void;
  ended(): void;
}

/**
 * When the next lease or delay ends, as far as this node knows. Commit groups run in parallel: what one
 * has read may be older than what another has committed since, and must not postpone that.
 */
export class NextDue {
  private knownMs: number | null = 0;
  /** For each commit group under way, the earliest time that others have learned since it began. */
  private readonly learnedMeanwhile = new Map<DueUpdate, number | null>();

  /** Null: no lease and no delay ends. */
  get atMs(): number | null {
    return this.knownMs;
  }

  isOver(nowMs: number): boolean {
    return this.knownMs !== null && this.knownMs <= nowMs;
  }

  /** Due leases and delays cannot be settled before this time. */
  putOff(atMs: number): void {
    this.knownMs = atMs;
  }

  /** A lease or delay ends at this time, whatever commit groups under way have read. */
  learn(atMs: number | null, from?: DueUpdate): void {
    this.knownMs = earlier(this.knownMs, atMs);
    this.tellOthers(from, atMs);
  }

  /** Must be called before the commit group's first statement. */
  groupBegins(): DueUpdate {
    const update: DueUpdate = {
      begun: (earliestMs) => this.learn(earliestMs, update),
      read: (nextMs) => {
        this.knownMs = earlier(nextMs, this.learnedMeanwhile.get(update) ?? null);
        this.tellOthers(update, nextMs);
      },
      ended: () => {
        this.learnedMeanwhile.delete(update);
      },
    };
    this.learnedMeanwhile.set(update, null);
    return update;
  }

  private tellOthers(from: DueUpdate | undefined, atMs: number | null): void {
    for (const [update, learnedMs] of this.learnedMeanwhile) {
      if (update !== from) this.learnedMeanwhile.set(update, earlier(learnedMs, atMs));
    }
  }
}

const earlier = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);
