import { monotonicMs } from '../../../core/clock.js';
import type { Pipeline } from '../driver/pipeline.js';

/**
 * How often the settled seqs are asked for; searches walk the seqs not yet known to be settled again.
 */
const ASK_EVERY_MS = 100;
/** How many marks are remembered while a long transaction keeps later seqs from being settled. */
const MARKS_MAX = 64;

interface Mark {
  /** All seqs up to this one were drawn before `transaction` got its number. */
  readonly lastSeq: number;
  readonly transaction: bigint;
}

/**
 * The seq up to which every message is committed or never will be. A transaction that draws a seq gets
 * its transaction number first (`NEXT_SEQ`). So if this transaction reads the last drawn seq before it
 * gets its own number, that seq is settled once no transaction with a number up to its own is under way.
 * Readers (a dump) have no number and delay nothing.
 */
export class SettledSeqs {
  private readonly marks: Mark[] = [];
  private askNextAtMs = 0;
  private settledSeq = 0;

  /** Zero while nothing is known. It is valid for everything that is read after this call. */
  get untilSeq(): number {
    return this.settledSeq;
  }

  /** Must come first in a transaction, before anything else can give it a number. */
  ask(pipeline: Pipeline): void {
    if (monotonicMs() < this.askNextAtMs) return;
    this.askNextAtMs = monotonicMs() + ASK_EVERY_MS;
    const answers = Promise.all([
      pipeline.query<{ lastSeq: number; oldest: string }>(LAST_PLACE),
      pipeline.query<{ transaction: string }>(NUMBER),
    ]);
    answers.then(
      ([[last], [own]]) => {
        if (last === undefined || own === undefined) return;
        this.settle(BigInt(last.oldest));
        this.mark({ lastSeq: last.lastSeq, transaction: BigInt(own.transaction) });
      },
      // A failure shows where the whole pipeline is awaited.
      () => undefined,
    );
  }

  mark(mark: Mark): void {
    if (this.marks.length < MARKS_MAX) this.marks.push(mark);
  }

  /** @param oldest the oldest transaction under way, or the next one to begin */
  settle(oldest: bigint): void {
    while (this.marks.length > 0 && (this.marks[0] as Mark).transaction < oldest) {
      const { lastSeq } = this.marks.shift() as Mark;
      this.settledSeq = Math.max(this.settledSeq, lastSeq);
    }
  }

  /** After a lost connection, the database may be an older copy, which draws the same seqs again. */
  forget(): void {
    this.marks.length = 0;
    this.settledSeq = 0;
  }
}

const LAST_PLACE = `SELECT last_value AS "lastSeq",
    pg_snapshot_xmin(pg_current_snapshot())::text AS oldest
  FROM millrace.message_places`;

const NUMBER = `SELECT pg_current_xact_id()::text AS transaction`;
