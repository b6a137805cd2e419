/** What one commit group does to it; `ended` says that it is over, whatever came of it. */
export interface DueLook {
  /** The commit group has ended leases or delays at these times, and committed or may have. */
  begun(earliestMs: number | null): void;
  /** The commit group has read when the next one ends, and committed. */
  read(nextMs: number | null): void;
  ended(): void;
}

/**
 * When the next lease or delay ends, as far as this node knows. Groups go side by side: what one has
 * read may be older than what another has committed meanwhile, so that it never puts that off.
 */
export class NextDue {
  private knownMs: number | null = 0;
  /** Of each commit group under way, the earliest that others have learned since it began. */
  private readonly learnedMeanwhile = new Map<DueLook, number | null>();

  /** Null: none does. */
  get atMs(): number | null {
    return this.knownMs;
  }

  isOver(nowMs: number): boolean {
    return this.knownMs !== null && this.knownMs <= nowMs;
  }

  /** What is due cannot be settled before this time. */
  putOff(atMs: number): void {
    this.knownMs = atMs;
  }

  /** Something ends at this time, whatever commit groups under way have read. */
  learn(atMs: number | null, from?: DueLook): void {
    this.knownMs = earlier(this.knownMs, atMs);
    this.tellOthers(from, atMs);
  }

  /** To be called before the commit group's first statement. */
  groupBegins(): DueLook {
    const look: DueLook = {
      begun: (earliestMs) => this.learn(earliestMs, look),
      read: (nextMs) => {
        this.knownMs = earlier(nextMs, this.learnedMeanwhile.get(look) ?? null);
        this.tellOthers(look, nextMs);
      },
      ended: () => {
        this.learnedMeanwhile.delete(look);
      },
    };
    this.learnedMeanwhile.set(look, null);
    return look;
  }

  private tellOthers(from: DueLook | undefined, atMs: number | null): void {
    for (const [look, learnedMs] of this.learnedMeanwhile) {
      if (look !== from) this.learnedMeanwhile.set(look, earlier(learnedMs, atMs));
    }
  }
}

const earlier = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);
