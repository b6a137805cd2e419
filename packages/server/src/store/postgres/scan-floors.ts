import { LIMITS } from '@millrace/protocol/limits';
import { firstRowIdAt } from '../../core/ids.js';
import type { Pipeline } from './pipeline.js';

/**
 * Index entries of messages that have gone stay for as long as anybody holds a snapshot from
 * before (a dump, a forgotten transaction), and whoever looks for the first ready message walks
 * past all of them. Here a node remembers how far the dead stretch reaches and looks behind it.
 *
 * Messages that come back to an early place are found by an index of their own, which is short.
 * What may still lie below a floor is a publish that committed late, so the whole index is walked
 * now and then, in a small part of the time; until a walk has been long, always.
 */

/** Dead entries that one look may walk past before floors are kept: some ten milliseconds. */
const WALKED_MAX = 20_000;
/** For each entry of a long walk this passes until the next: a twentieth of the time at 3 us each. */
const PAUSE_MS_PER_ENTRY = 0.06;
/** A walk that has begun and never ended stands in the way of others for so long. */
const WALK_MAX_MS = 60_000;
/** A publish that commits this much later than one with a later place is still found at once. */
const READY_SLACK_MS = 1_000;
/** A lease that began in a transaction this long is still found at once. */
const DUE_SLACK_MS = 60_000;
const BUCKETS_MAX = 10_000;

/**
 * Looks through an index, and counts the entries that were walked past. PostgreSQL counts them per
 * connection for its statistics; they say what a look costs, which a clock on a busy machine does not.
 */
export async function countWalked<T>(
  pipeline: Pipeline,
  index: 'messages_ready' | 'messages_due',
  look: () => Promise<T>,
): Promise<{ found: T; walked: number }> {
  const count = (): Promise<{ entries: number }[]> =>
    pipeline.query(
      `SELECT pg_stat_get_xact_tuples_returned('millrace.${index}'::regclass) AS entries`,
      [],
    );
  const [before, found, after] = await Promise.all([count(), look(), count()]);
  return { found, walked: (after[0]?.entries ?? 0) - (before[0]?.entries ?? 0) };
}

/** How often the whole of one stretch may be walked. */
class Walks {
  private nextAtMs = 0;
  private wasLong = false;

  /** One at a time: once a walk has been long, who gets leave to walk keeps others from it. */
  isFreeToWalk(nowMs: number): boolean {
    if (nowMs < this.nextAtMs) return false;
    if (this.wasLong) this.nextAtMs = nowMs + WALK_MAX_MS;
    return true;
  }

  /** @returns whether the walk was short, so that no floor is needed */
  walked(entries: number, nowMs: number): boolean {
    this.wasLong = entries > WALKED_MAX;
    if (!this.wasLong) {
      this.nextAtMs = 0;
      return true;
    }
    this.nextAtMs = nowMs + entries * PAUSE_MS_PER_ENTRY;
    return false;
  }
}

export interface RankFloor {
  readonly rank: number;
  readonly seq: number;
}

const RANKS = LIMITS.priorityMax + 1;
const FROM_THE_HEAD: readonly RankFloor[] = Array.from({ length: RANKS }, (_, index) => ({
  rank: LIMITS.priorityMax - index,
  seq: 0,
}));

/** How often a look from the head is counted: a stretch of dead entries grows slowly. */
const COUNT_EVERY_MS = 100;

/** Of each bucket, below which places there is nothing ready, rank by rank. */
export class ReadyFloors {
  private readonly buckets = new Map<number, { walks: Walks; floors: readonly RankFloor[] }>();
  private countNextAtMs = 0;
  private readonly begun = new Set<{ readonly atMs: number }>();

  /**
   * What a group publishes takes its places from when it began, and is there when it has ended: no
   * floor passes them meanwhile, however long that takes.
   *
   * @returns to be called when it has ended
   */
  groupBegins(atMs: number): () => void {
    const group = { atMs };
    this.begun.add(group);
    return () => this.begun.delete(group);
  }

  /** Whether the next look is to be counted. */
  isToCount(nowMs: number): boolean {
    if (nowMs < this.countNextAtMs && this.buckets.size === 0) return false;
    this.countNextAtMs = nowMs + COUNT_EVERY_MS;
    return true;
  }

  /** Where to look, highest rank first; undefined: from the head of all. */
  of(bucketId: number, nowMs: number): readonly RankFloor[] | undefined {
    const known = this.buckets.get(bucketId);
    return known === undefined || known.walks.isFreeToWalk(nowMs) ? undefined : known.floors;
  }

  /**
   * @param from what `of` gave for this look
   * @param found what it found, in order
   * @param walked entries of the index that were walked past, by all of a group's looks together
   */
  note(
    bucketId: number,
    from: readonly RankFloor[] | undefined,
    found: readonly RankFloor[],
    walked: number,
    nowMs: number,
  ): void {
    let known = this.buckets.get(bucketId);
    if (from === undefined) {
      known ??= { walks: new Walks(), floors: FROM_THE_HEAD };
      if (known.walks.walked(walked, nowMs)) {
        this.buckets.delete(bucketId);
        return;
      }
      if (this.buckets.size >= BUCKETS_MAX) this.buckets.clear();
      this.buckets.set(bucketId, known);
    }
    if (known === undefined) return;
    const settledMs = Math.min(nowMs, ...[...this.begun].map(({ atMs }) => atMs));
    known.floors = raise(from ?? FROM_THE_HEAD, found, settledMs);
  }
}

/** What lies before the last message that was found has been looked at; what lies behind has not. */
function raise(
  floors: readonly RankFloor[],
  found: readonly RankFloor[],
  nowMs: number,
): RankFloor[] {
  const recent = firstRowIdAt(nowMs - READY_SLACK_MS);
  const first = new Map<number, number>();
  for (const { rank, seq } of found) if (!first.has(rank)) first.set(rank, seq);
  const lastRank = found.at(-1)?.rank ?? 0;
  return floors.map(({ rank, seq }) => {
    if (rank < lastRank) return { rank, seq };
    return { rank, seq: Math.max(seq, Math.min(recent, first.get(rank) ?? recent)) };
  });
}

/** Up to which time all that was due has been settled. */
export class DueFloor {
  private readonly walks = new Walks();
  private floorMs = 0;

  /** @returns above which time to look */
  of(nowMs: number): number {
    return this.walks.isFreeToWalk(nowMs) ? 0 : this.floorMs;
  }

  /** Above which time there is anything that is not settled yet. */
  get currentMs(): number {
    return this.floorMs;
  }

  /** @param settledAll whether nothing that was due is left */
  note(fromMs: number, settledAll: boolean, walked: number, nowMs: number): void {
    if (fromMs === 0 && this.walks.walked(walked, nowMs)) this.floorMs = 0;
    else if (settledAll) this.floorMs = Math.max(this.floorMs, nowMs - DUE_SLACK_MS);
  }
}
