import { monotonicMs } from '../../../core/clock.js';
import type { Pipeline } from '../driver/pipeline.js';

/** What is settled is found out this often: what is not yet known to be is looked at once more. */
const ASK_EVERY_MS = 100;
/** While a long transaction keeps all that comes after it open, no more than these are remembered. */
const MARKS_MAX = 64;

interface Mark {
  /** All seqs up to it were drawn before a transaction got the number. */
  readonly lastSeq: number;
  readonly transaction: bigint;
}

/**
 * Up to which seq every message is committed, or never will be. Whoever draws a seq has a
 * transaction number before (`NEXT_SEQ`). So the last seq that was drawn, read before this
 * transaction gets its number, is settled when no transaction with a number up to this one is under
 * way. Readers (a dump) have no number and hold nothing back.
 */
export class SettledSeqs {
  private readonly marks: Mark[] = [];
  private askNextAtMs = 0;
  private settledSeq = 0;

  /** Zero while nothing is known. It holds for all that is read after this was asked. */
  get untilSeq(): number {
    return this.settledSeq;
  }

  /** To be asked first of all in a transaction, before anything else can give it a number. */
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
      // A failure shows where the whole pipeline is waited for.
      () => undefined,
    );
  }

  mark(mark: Mark): void {
    if (this.marks.length < MARKS_MAX) this.marks.push(mark);
  }

  /** @param oldest the oldest transaction that is under way, or the next one that begins */
  settle(oldest: bigint): void {
    while (this.marks.length > 0 && (this.marks[0] as Mark).transaction < oldest) {
      const { lastSeq } = this.marks.shift() as Mark;
      this.settledSeq = Math.max(this.settledSeq, lastSeq);
    }
  }

  /** A database that was lost may come back as an older one, which draws the same seqs again. */
  forget(): void {
    this.marks.length = 0;
    this.settledSeq = 0;
  }
}

const LAST_PLACE = `SELECT last_value AS "lastSeq",
    pg_snapshot_xmin(pg_current_snapshot())::text AS oldest
  FROM millrace.message_places`;

const NUMBER = `SELECT pg_current_xact_id()::text AS transaction`;
