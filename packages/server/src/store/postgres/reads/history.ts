import type { Clock } from '../../../core/clock.js';
import {
  forgottenBefore,
  HISTORY_FLUSH_MS,
  HISTORY_MINUTES,
  type HistoryMinute,
  minuteOf,
  type Tally,
  TallyBook,
  type TallyRow,
} from '../../../core/store/history.js';
import { rowOf } from '../driver/index-joins.js';
import type { Pipeline } from '../driver/pipeline.js';

/**
 * The tallies of commit groups since they were last written. Once a second, a commit group writes them
 * along with its own changes.
 */
export class TalliesUnderWay {
  private readonly book = new TallyBook();
  private takenAtMs = Number.NEGATIVE_INFINITY;
  private cancelFlush: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    /** Runs a commit group to write tallies that no other commit group has taken along. */
    private readonly flush: () => void,
  ) {}

  add(nowMs: number, tallies: ReadonlyMap<number, Tally>): void {
    this.book.add(minuteOf(nowMs), tallies);
    if (!this.book.isEmpty) this.flushLater();
  }

  flushLater(): void {
    this.cancelFlush ??= this.clock.setTimer(() => {
      this.cancelFlush = undefined;
      this.flush();
    }, 2 * HISTORY_FLUSH_MS);
  }

  /** The tallies to write now; none if the last ones were taken less than a second ago. */
  take(): TallyRow[] {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.takenAtMs < HISTORY_FLUSH_MS) return [];
    this.takenAtMs = nowMs;
    return this.book.take();
  }

  /** Called when the commit group that took them was rolled back. */
  giveBack(rows: readonly TallyRow[]): void {
    for (const { minute, queueId, ...tally } of rows) {
      this.book.add(minute, new Map([[queueId, tally]]));
    }
  }

  /** Lets the next commit group, which is the last one, take everything. */
  stop(): void {
    this.takenAtMs = Number.NEGATIVE_INFINITY;
    this.cancelFlush?.();
  }
}

export function writeHistory(pipeline: Pipeline, rows: readonly TallyRow[]): void {
  if (rows.length === 0) return;
  pipeline.send(
    `INSERT INTO millrace.queue_history AS h
       (queue_id, minute, depth, published, delivered, acked, failed, dead_lettered)
     SELECT u.id, u.m, (SELECT coalesce(sum(c.available + c.leased + c.delayed), 0)
                         FROM millrace.queue_counters c WHERE c.bucket_id = q.bucket_id),
       u.p, u.d, u.a, u.f, u.x
       FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],
         $6::bigint[], $7::bigint[]) AS u(id, m, p, d, a, f, x)
      CROSS JOIN ${rowOf('queues', 'u', ['id'])} AS q
      ORDER BY u.id, u.m
     ON CONFLICT (queue_id, minute) DO UPDATE SET depth = excluded.depth,
       published = h.published + excluded.published, delivered = h.delivered + excluded.delivered,
       acked = h.acked + excluded.acked, failed = h.failed + excluded.failed,
       dead_lettered = h.dead_lettered + excluded.dead_lettered`,
    [
      rows.map(({ queueId }) => queueId),
      rows.map(({ minute }) => minute),
      rows.map(({ published }) => published),
      rows.map(({ delivered }) => delivered),
      rows.map(({ acked }) => acked),
      rows.map(({ failed }) => failed),
      rows.map(({ deadLettered }) => deadLettered),
    ],
  );
  pipeline.send(
    'DELETE FROM millrace.queue_history WHERE queue_id = ANY ($1::bigint[]) AND minute < $2',
    [
      rows.map(({ queueId }) => queueId),
      Math.min(...rows.map(({ minute }) => minute)) - 2 * HISTORY_MINUTES,
    ],
  );
}

/** How many queues' history, deleted ones included, one step of the retention sweep looks at. */
const LOOKED_AT_MAX = 1_000;

/**
 * Removes old history of queues in which nothing happens any more, and history that another node has
 * written while a queue was being deleted.
 *
 * @param untilQueueId null: up to the last queue
 * @returns whether there may be more
 */
export async function forgetHistory(
  pipeline: Pipeline,
  nowMs: number,
  afterQueueId: number,
  untilQueueId: number | null,
): Promise<boolean> {
  const [looked] = await pipeline.query<{ queues: number }>(
    `WITH RECURSIVE known(id) AS (
       SELECT min(queue_id) FROM millrace.queue_history WHERE queue_id > $1
       UNION ALL
       SELECT (SELECT min(h.queue_id) FROM millrace.queue_history h WHERE h.queue_id > k.id)
         FROM known k WHERE k.id IS NOT NULL AND k.id <= coalesce($2, k.id)),
     looked AS (
       SELECT id FROM known WHERE id <= coalesce($2, id) LIMIT ${LOOKED_AT_MAX}),
     gone AS (
       DELETE FROM millrace.queue_history WHERE ctid = ANY (ARRAY(
         SELECT old.tid FROM looked CROSS JOIN LATERAL (
           SELECT h.ctid AS tid FROM millrace.queue_history h
            WHERE h.queue_id = looked.id
              AND (NOT EXISTS (SELECT 1 FROM millrace.queues q WHERE q.id = looked.id OFFSET 0)
                OR (h.minute < $3 AND h.minute < (SELECT max(l.minute)
                  FROM millrace.queue_history l WHERE l.queue_id = looked.id)))
           OFFSET 0 FOR UPDATE SKIP LOCKED) AS old)))
     SELECT count(*) AS queues FROM looked`,
    [afterQueueId, untilQueueId, forgottenBefore(nowMs)],
  );
  return (looked?.queues ?? 0) >= LOOKED_AT_MAX;
}

export function readHistory(
  pipeline: Pipeline,
  queueId: number,
  sinceMinute: number,
): Promise<HistoryMinute[]> {
  return pipeline.query<HistoryMinute>(
    `SELECT minute, depth, published, delivered, acked, failed, dead_lettered AS "deadLettered"
       FROM millrace.queue_history
      WHERE queue_id = $1 AND minute >= coalesce(
        (SELECT max(minute) FROM millrace.queue_history WHERE queue_id = $1 AND minute < $2), $2)
      ORDER BY minute`,
    [queueId, sinceMinute],
  );
}
