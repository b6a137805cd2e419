import type { HistoryMinute, HistoryQuarter, QueueHistory } from '../../../core/store/history.js';
import {
  forgottenBefore,
  minuteOf,
  quarterOf,
  rolledUpBefore,
} from '../../../core/store/history.js';
import type { QueueMinute } from '../../../core/store/store.js';
import type { TallyRow } from '../../../core/store/tallies.js';
import type { Statements } from '../driver/statements.js';

const ACTIVITY = 'published, delivered, acked, failed, dead_lettered';
const ACTIVITY_AS = 'published, delivered, acked, failed, dead_lettered AS deadLettered';
const ADD_ACTIVITY = `depth = excluded.depth, published = published + excluded.published,
  delivered = delivered + excluded.delivered, acked = acked + excluded.acked,
  failed = failed + excluded.failed, dead_lettered = dead_lettered + excluded.dead_lettered`;

export function writeHistory(statements: Statements, rows: readonly TallyRow[]): void {
  const write = statements.get(
    `INSERT INTO queue_history (queue_id, minute, depth, ${ACTIVITY})
     SELECT queue_id, ?, available + leased + delayed, ?, ?, ?, ?, ?
       FROM queue_counters WHERE queue_id = ?
     ON CONFLICT DO UPDATE SET ${ADD_ACTIVITY}`,
  );
  for (const { queueId, minute, counts } of rows) {
    const { published, delivered, acked, failed, deadLettered } = counts;
    write.run(minute, published, delivered, acked, failed, deadLettered, queueId);
    rollUp(statements, queueId, minute);
  }
}

/** Shortens the history of a queue in which nothing happens any more. */
export function forgetHistory(statements: Statements, queueId: number, nowMs: number): void {
  const minute = minuteOf(nowMs);
  rollUp(statements, queueId, minute);
  forgetQuarters(statements, queueId, minute);
}

function forgetQuarters(statements: Statements, queueId: number, minute: number): void {
  statements
    .get(
      `DELETE FROM queue_quarters WHERE queue_id = @queueId AND quarter < @before AND quarter <
         (SELECT max(quarter) FROM queue_quarters WHERE queue_id = @queueId)`,
    )
    .run({ queueId, before: forgottenBefore(minute) });
}

/** Adds old minutes up to quarters, except the last minute of the queue. */
function rollUp(statements: Statements, queueId: number, minute: number): void {
  const before = rolledUpBefore(minute);
  const old = statements
    .get(
      `DELETE FROM queue_history WHERE queue_id = @queueId AND minute < @before AND minute <
         (SELECT max(minute) FROM queue_history WHERE queue_id = @queueId)
       RETURNING minute, depth, ${ACTIVITY_AS}`,
    )
    .all({ queueId, before }) as HistoryMinute[];
  if (old.length === 0) return;
  const add = statements.get(
    `INSERT INTO queue_quarters (queue_id, quarter, depth, ${ACTIVITY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET ${ADD_ACTIVITY}`,
  );
  for (const row of old.sort((a, b) => a.minute - b.minute)) {
    const { depth, published, delivered, acked, failed, deadLettered } = row;
    const quarter = quarterOf(row.minute);
    add.run(queueId, quarter, depth, published, delivered, acked, failed, deadLettered);
  }
  forgetQuarters(statements, queueId, minute);
}

export function readHistory(
  statements: Statements,
  queueId: number,
  sinceMinute: number,
): QueueHistory {
  const minutes = statements
    .get(
      `SELECT minute, depth, ${ACTIVITY_AS} FROM queue_history
        WHERE queue_id = @queueId AND minute >= coalesce(
          (SELECT max(minute) FROM queue_history WHERE queue_id = @queueId AND minute < @sinceMinute), @sinceMinute)
        ORDER BY minute`,
    )
    .all({ queueId, sinceMinute }) as HistoryMinute[];
  const quarters = statements
    .get(
      `SELECT quarter, depth, ${ACTIVITY_AS} FROM queue_quarters
        WHERE queue_id = @queueId AND quarter >= coalesce(
          (SELECT max(quarter) FROM queue_quarters WHERE queue_id = @queueId AND quarter < @since), @since)
        ORDER BY quarter`,
    )
    .all({ queueId, since: quarterOf(sinceMinute) }) as HistoryQuarter[];
  return { minutes, quarters };
}

export function readRecentMinutes(
  statements: Statements,
  project: string,
  queues: readonly string[],
  sinceMinute: number,
): QueueMinute[] {
  const read = statements.get(
    `SELECT q.name AS queue, h.minute, h.depth, h.published, h.delivered, h.acked, h.failed,
       h.dead_lettered AS deadLettered
       FROM queues q CROSS JOIN queue_history h ON h.queue_id = q.id AND h.minute >= ?
      WHERE q.project = ? AND q.name = ?`,
  );
  return queues.flatMap((queue) => read.all(sinceMinute, project, queue) as QueueMinute[]);
}
