import { LIMITS } from '@millrace/protocol/limits';
import { monotonicMs } from '../../../core/clock.js';
import type { Pipeline } from '../driver/pipeline.js';
import { SettledSeqs } from './settled-seqs.js';

/**
 * Index entries of removed messages stay for as long as anybody holds an older snapshot (a dump, a
 * forgotten transaction), and every search for the first ready message walks past all of them. So a node
 * remembers how far the stretch of dead entries reaches, and searches behind it.
 *
 * A watermark is raised only over seqs that are known to stay empty: they have no committed message that
 * is ready, locked or not, and no transaction that may still commit one (`SettledSeqs`). Messages that
 * return to an early seq are found by an index of their own, which is short. What a commit group has
 * found counts only once it has committed, since it includes its own changes. Now and then, in a small
 * part of the time, the whole index is walked to learn whether the stretch is gone.
 */

/** How many dead entries one search may walk past before watermarks are kept: some ten milliseconds. */
const WALKED_MAX = 20_000;
/** The pause after a long walk, for each entry: at 3 us each, walking takes a twentieth of the time. */
const PAUSE_MS_PER_ENTRY = 0.06;
/** How long a walk that began and never ended keeps others from walking. */
const WALK_MAX_MS = 60_000;
/** A lease that began in a transaction of up to this length is still found at once. */
const DUE_SLACK_MS = 60_000;
const BUCKETS_MAX = 10_000;

/**
 * Searches an index, and counts the entries that were walked past. PostgreSQL counts them for each
 * transaction for its statistics; they show what a search costs, which a clock on a busy machine does
 * not.
 */
export async function countWalked<T>(
  pipeline: Pipeline,
  index: 'messages_ready' | 'messages_due',
  scan: () => Promise<T>,
): Promise<{ found: T; walked: number }> {
  const count = (): Promise<{ entries: number }[]> =>
    pipeline.query(
      `SELECT pg_stat_get_xact_tuples_returned('millrace.${index}'::regclass) AS entries`,
      [],
    );
  const [before, found, after] = await Promise.all([count(), scan(), count()]);
  return { found, walked: (after[0]?.entries ?? 0) - (before[0]?.entries ?? 0) };
}

/** Limits how often a whole stretch may be walked. */
class Walks {
  private nextAtMs = 0;
  private wasLong = false;

  /** Whether the last walk was long enough for watermarks to pay. */
  get areLong(): boolean {
    return this.wasLong;
  }

  /** After a long walk, one at a time: a caller that is allowed to walk keeps others from walking. */
  isFreeToWalk(): boolean {
    const nowMs = monotonicMs();
    if (nowMs < this.nextAtMs) return false;
    if (this.wasLong) this.nextAtMs = nowMs + WALK_MAX_MS;
    return true;
  }

  /** @returns whether the walk was short, so that no watermark is needed */
  walked(entries: number): boolean {
    this.wasLong = entries > WALKED_MAX;
    this.nextAtMs = this.wasLong ? monotonicMs() + entries * PAUSE_MS_PER_ENTRY : 0;
    return !this.wasLong;
  }
}

export interface RankWatermark {
  readonly rank: number;
  readonly seq: number;
}

const RANKS = LIMITS.priorityMax + 1;
const FROM_THE_HEAD: readonly RankWatermark[] = Array.from({ length: RANKS }, (_, index) => ({
  rank: LIMITS.priorityMax - index,
  seq: 0,
}));

/** How often a search from the head is counted: a stretch of dead entries grows slowly. */
const COUNT_EVERY_MS = 100;

/** Where to search in a bucket. */
export interface ReadyScan {
  /** Below these seqs there is no ready message; highest rank first. */
  readonly watermarks: readonly RankWatermark[];
  /** All seqs up to this one were settled before the search. */
  readonly settledSeq: number;
}

/** For each bucket, the seqs below which no message is ready, rank by rank. */
export class ReadyWatermarks {
  private readonly buckets = new Map<
    number,
    { walks: Walks; watermarks: readonly RankWatermark[] }
  >();
  readonly settled = new SettledSeqs();
  private countNextAtMs = 0;

  /** Called when a transaction has begun and done nothing yet. */
  begins(pipeline: Pipeline): void {
    if (this.buckets.size > 0) this.settled.ask(pipeline);
  }

  /** Whether the next search is to be counted. */
  isToCount(): boolean {
    const nowMs = monotonicMs();
    if (nowMs < this.countNextAtMs && this.buckets.size === 0) return false;
    this.countNextAtMs = nowMs + COUNT_EVERY_MS;
    return true;
  }

  /** Where to search; undefined: from the head of every rank. */
  of(bucketId: number): ReadyScan | undefined {
    const known = this.buckets.get(bucketId);
    const settledSeq = this.settled.untilSeq;
    if (known === undefined || settledSeq === 0 || known.walks.isFreeToWalk()) return undefined;
    return { watermarks: known.watermarks, settledSeq };
  }

  /**
   * @param entries how many were walked past from the head, by all searches of a commit group together
   */
  walked(bucketId: number, entries: number): void {
    const known = this.buckets.get(bucketId) ?? { walks: new Walks(), watermarks: FROM_THE_HEAD };
    if (known.walks.walked(entries)) {
      this.buckets.delete(bucketId);
      return;
    }
    if (this.buckets.size >= BUCKETS_MAX) this.buckets.clear();
    this.buckets.set(bucketId, known);
  }

  /**
   * Must be called only after the commit group that searched has committed.
   *
   * @param firsts for each rank that has one, the first message that is ready, locked or not
   */
  raise(bucketId: number, scan: ReadyScan, firsts: readonly RankWatermark[]): void {
    const known = this.buckets.get(bucketId);
    if (known === undefined) return;
    const first = new Map(firsts.map(({ rank, seq }) => [rank, seq]));
    const emptyUntil = scan.settledSeq + 1;
    known.watermarks = known.watermarks.map(({ rank, seq }) => ({
      rank,
      seq: Math.max(seq, Math.min(emptyUntil, first.get(rank) ?? emptyUntil)),
    }));
  }

  /** Called when the connection broke: the next one may lead to another database. */
  forget(): void {
    this.buckets.clear();
    this.settled.forget();
  }
}

/** The time up to which all due leases and delays have been settled. */
export class DueWatermark {
  private readonly walks = new Walks();
  private watermarkMs = 0;

  /** @returns the time from which to search */
  of(): number {
    return this.walks.isFreeToWalk() ? 0 : this.watermarkMs;
  }

  /** Up to this time everything is settled. */
  get currentMs(): number {
    return this.watermarkMs;
  }

  /** @param entries how many were walked past from this time on */
  walked(fromMs: number, entries: number): void {
    if (fromMs === 0 && this.walks.walked(entries)) this.watermarkMs = 0;
  }

  /**
   * Must be called only after the commit group that searched has committed.
   *
   * @param firstMs when the first unsettled lease or delay is due, locked or not
   */
  raise(firstMs: number | null, nowMs: number): void {
    if (!this.walks.areLong) return;
    const emptyUntilMs = Math.min(nowMs - DUE_SLACK_MS, (firstMs ?? Number.POSITIVE_INFINITY) - 1);
    this.watermarkMs = Math.max(this.watermarkMs, emptyUntilMs);
  }

  /** Called when the connection broke: the next one may lead to another database. */
  forget(): void {
    this.watermarkMs = 0;
  }
}
