import type { HistoryMinute, TallyRow } from '../../../core/store/history.js';
import { forgottenBefore, HISTORY_MINUTES } from '../../../core/store/history.js';
import type { Statements } from '../driver/statements.js';

export function writeHistory(statements: Statements, rows: readonly TallyRow[]): void {
  const write = statements.get(
    `INSERT INTO queue_history
       (queue_id, minute, depth, published, delivered, acked, failed, dead_lettered)
     SELECT queue_id, ?, available + leased + delayed, ?, ?, ?, ?, ?
       FROM queue_counters WHERE queue_id = ?
     ON CONFLICT DO UPDATE SET depth = excluded.depth, published = published + excluded.published,
       delivered = delivered + excluded.delivered, acked = acked + excluded.acked,
       failed = failed + excluded.failed, dead_lettered = dead_lettered + excluded.dead_lettered`,
  );
  const forget = statements.get('DELETE FROM queue_history WHERE queue_id = ? AND minute < ?');
  for (const { queueId, minute, published, delivered, acked, failed, deadLettered } of rows) {
    write.run(minute, published, delivered, acked, failed, deadLettered, queueId);
    forget.run(queueId, minute - 2 * HISTORY_MINUTES);
  }
}

/** Removes old history of a queue in which nothing happens any more. */
export function forgetHistory(statements: Statements, queueId: number, nowMs: number): void {
  statements
    .get(
      `DELETE FROM queue_history WHERE queue_id = @queueId AND minute < min(@before,
         (SELECT max(minute) FROM queue_history WHERE queue_id = @queueId))`,
    )
    .run({ queueId, before: forgottenBefore(nowMs) });
}

export function readHistory(
  statements: Statements,
  queueId: number,
  sinceMinute: number,
): HistoryMinute[] {
  return statements
    .get(
      `SELECT minute, depth, published, delivered, acked, failed, dead_lettered AS deadLettered
         FROM queue_history
        WHERE queue_id = @queueId AND minute >= coalesce(
          (SELECT max(minute) FROM queue_history WHERE queue_id = @queueId AND minute < @sinceMinute), @sinceMinute)
        ORDER BY minute`,
    )
    .all({ queueId, sinceMinute }) as HistoryMinute[];
}
