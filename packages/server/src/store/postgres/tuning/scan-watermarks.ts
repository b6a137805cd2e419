import { LIMITS } from '@millrace/protocol/limits';
import { monotonicMs } from '../../../core/clock.js';
import type { Pipeline } from '../driver/pipeline.js';
import { SettledSeqs } from './settled-seqs.js';

/**
 * Index entries of messages that have gone stay for as long as anybody holds a snapshot from
 * before (a dump, a forgotten transaction), and whoever looks for the first ready message walks
 * past all of them. Here a node remembers how far the dead stretch reaches and looks behind it.
 *
 * A watermark passes only what is known to be empty for good: no committed message that is ready, locked
 * or not, and no seq whose transaction may still commit (`SettledSeqs`). Messages that come back to an
 * early seq are found by an index of their own, which is short. What a commit group has seen counts when
 * it has committed, since its own changes are in it. The whole index is walked now and then, in a small
 * part of the time, to learn whether the stretch is gone.
 */

/** Dead entries that one look may walk past before watermarks are kept: some ten milliseconds. */
const WALKED_MAX = 20_000;
/** For each entry of a long walk this passes until the next: a twentieth of the time at 3 us each. */
const PAUSE_MS_PER_ENTRY = 0.06;
/** A walk that has begun and never ended stands in the way of others for so long. */
const WALK_MAX_MS = 60_000;
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

  /** Whether the last walk was so long that watermarks are worth their while. */
  get areLong(): boolean {
    return this.wasLong;
  }

  /** One at a time: once a walk has been long, who gets leave to walk keeps others from it. */
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

/** How often a look from the head is counted: a stretch of dead entries grows slowly. */
const COUNT_EVERY_MS = 100;

/** Where to look in a bucket. */
export interface ReadyLook {
  /** Below which seqs there is nothing, highest rank first. */
  readonly watermarks: readonly RankWatermark[];
  /** All seqs up to this one were settled before the look. */
  readonly settledSeq: number;
}

/** Of each bucket, below which seqs there is nothing ready, rank by rank. */
export class ReadyWatermarks {
  private readonly buckets = new Map<
    number,
    { walks: Walks; watermarks: readonly RankWatermark[] }
  >();
  readonly settled = new SettledSeqs();
  private countNextAtMs = 0;

  /** A transaction has begun and done nothing yet. */
  begins(pipeline: Pipeline): void {
    if (this.buckets.size > 0) this.settled.ask(pipeline);
  }

  /** Whether the next look is to be counted. */
  isToCount(): boolean {
    const nowMs = monotonicMs();
    if (nowMs < this.countNextAtMs && this.buckets.size === 0) return false;
    this.countNextAtMs = nowMs + COUNT_EVERY_MS;
    return true;
  }

  /** Where to look; undefined: from the head of all. */
  of(bucketId: number): ReadyLook | undefined {
    const known = this.buckets.get(bucketId);
    const settledSeq = this.settled.untilSeq;
    if (known === undefined || settledSeq === 0 || known.walks.isFreeToWalk()) return undefined;
    return { watermarks: known.watermarks, settledSeq };
  }

  /** @param entries that were walked past from the head, by all of a commit group's looks together */
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
   * To be noted when the commit group that has looked has committed.
   *
   * @param firsts of each rank that has any, the first message that is ready, whoever has locked it
   */
  raise(bucketId: number, look: ReadyLook, firsts: readonly RankWatermark[]): void {
    const known = this.buckets.get(bucketId);
    if (known === undefined) return;
    const first = new Map(firsts.map(({ rank, seq }) => [rank, seq]));
    const emptyUntil = look.settledSeq + 1;
    known.watermarks = known.watermarks.map(({ rank, seq }) => ({
      rank,
      seq: Math.max(seq, Math.min(emptyUntil, first.get(rank) ?? emptyUntil)),
    }));
  }

  /** The connection broke: what follows may be another database. */
  forget(): void {
    this.buckets.clear();
    this.settled.forget();
  }
}

/** Up to which time all that was due has been settled. */
export class DueWatermark {
  private readonly walks = new Walks();
  private watermarkMs = 0;

  /** @returns above which time to look */
  of(): number {
    return this.walks.isFreeToWalk() ? 0 : this.watermarkMs;
  }

  /** Above which time there is anything that is not settled yet. */
  get currentMs(): number {
    return this.watermarkMs;
  }

  /** @param entries that were walked past from this time on */
  walked(fromMs: number, entries: number): void {
    if (fromMs === 0 && this.walks.walked(entries)) this.watermarkMs = 0;
  }

  /**
   * To be noted when the commit group that has looked has committed.
   *
   * @param firstMs what is due first and not settled, whoever has locked it
   */
  raise(firstMs: number | null, nowMs: number): void {
    if (!this.walks.areLong) return;
    const emptyUntilMs = Math.min(nowMs - DUE_SLACK_MS, (firstMs ?? Number.POSITIVE_INFINITY) - 1);
    this.watermarkMs = Math.max(this.watermarkMs, emptyUntilMs);
  }

  /** The connection broke: what follows may be another database. */
  forget(): void {
    this.watermarkMs = 0;
  }
}
