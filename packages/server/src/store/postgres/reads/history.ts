import {
  forgottenBefore,
  type HistoryMinute,
  type HistoryQuarter,
  minuteOf,
  QUARTER_MINUTES,
  type QueueHistory,
  quarterOf,
  rolledUpBefore,
} from '../../../core/store/history.js';
import type { QueueMinute } from '../../../core/store/store.js';
import type { TallyRow } from '../../../core/store/tallies.js';
import { rowOf } from '../driver/index-joins.js';
import type { Pipeline } from '../driver/pipeline.js';

const ACTIVITY = 'published, delivered, acked, failed, dead_lettered';
const ACTIVITY_AS = 'published, delivered, acked, failed, dead_lettered AS "deadLettered"';
const ADD_ACTIVITY = `depth = excluded.depth,
  published = h.published + excluded.published, delivered = h.delivered + excluded.delivered,
  acked = h.acked + excluded.acked, failed = h.failed + excluded.failed,
  dead_lettered = h.dead_lettered + excluded.dead_lettered`;

export function writeHistory(pipeline: Pipeline, rows: readonly TallyRow[]): void {
  if (rows.length === 0) return;
  pipeline.send(
    `INSERT INTO millrace.queue_history AS h (queue_id, minute, depth, ${ACTIVITY})
     SELECT u.id, u.m, (SELECT coalesce(sum(c.available + c.leased + c.delayed), 0)
                         FROM millrace.queue_counters c WHERE c.bucket_id = q.bucket_id),
       u.p, u.d, u.a, u.f, u.x
       FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],
         $6::bigint[], $7::bigint[]) AS u(id, m, p, d, a, f, x)
      CROSS JOIN ${rowOf('queues', 'u', ['id'])} AS q
      ORDER BY u.id, u.m
     ON CONFLICT (queue_id, minute) DO UPDATE SET ${ADD_ACTIVITY}`,
    [
      rows.map(({ queueId }) => queueId),
      rows.map(({ minute }) => minute),
      rows.map(({ counts }) => counts.published),
      rows.map(({ counts }) => counts.delivered),
      rows.map(({ counts }) => counts.acked),
      rows.map(({ counts }) => counts.failed),
      rows.map(({ counts }) => counts.deadLettered),
    ],
  );
  const minute = Math.min(...rows.map((row) => row.minute));
  rollUp(
    pipeline,
    [...new Set(rows.map(({ queueId }) => queueId))],
    rolledUpBefore(minute),
    forgottenBefore(minute),
  );
}

/** The last minute of a queue stays, because it has the depth. */
const LAST_MINUTE = `(SELECT max(l.minute) FROM millrace.queue_history l
  WHERE l.queue_id = u.id)`;

/**
 * Adds the old minutes of these queues up to quarters, and forgets old quarters. Another node may be
 * doing the same for the same queues; what it has locked is left to it.
 */
function rollUp(
  pipeline: Pipeline,
  queueIds: readonly number[],
  beforeMinute: number,
  beforeQuarter: number,
): void {
  pipeline.send(
    `WITH old AS (
       DELETE FROM millrace.queue_history WHERE ctid = ANY (ARRAY(
         SELECT m.tid FROM unnest($1::bigint[]) AS u(id) CROSS JOIN LATERAL (
           SELECT h.ctid AS tid FROM millrace.queue_history h
            WHERE h.queue_id = u.id AND h.minute < $2 AND h.minute < ${LAST_MINUTE}
           OFFSET 0 FOR UPDATE SKIP LOCKED) AS m))
       RETURNING *)
     INSERT INTO millrace.queue_quarters AS h (queue_id, quarter, depth, ${ACTIVITY})
     SELECT queue_id, minute / ${QUARTER_MINUTES}, (array_agg(depth ORDER BY minute DESC))[1],
       sum(published), sum(delivered), sum(acked), sum(failed), sum(dead_lettered)
       FROM old GROUP BY 1, 2 ORDER BY 1, 2
     ON CONFLICT (queue_id, quarter) DO UPDATE SET ${ADD_ACTIVITY}`,
    [queueIds, beforeMinute],
  );
  pipeline.send(
    `DELETE FROM millrace.queue_quarters WHERE ctid = ANY (ARRAY(
       SELECT k.tid FROM unnest($1::bigint[]) AS u(id) CROSS JOIN LATERAL (
         SELECT h.ctid AS tid FROM millrace.queue_quarters h
          WHERE h.queue_id = u.id AND h.quarter < $2 AND h.quarter < (
            SELECT max(l.quarter) FROM millrace.queue_quarters l WHERE l.queue_id = u.id)
         OFFSET 0 FOR UPDATE SKIP LOCKED) AS k))`,
    [queueIds, beforeQuarter],
  );
}

/** How many queues' history, deleted ones included, one step of the retention sweep looks at. */
const LOOKED_AT_MAX = 1_000;
/** What another node may have written for a queue while it was being deleted. */
const LEFT_BEHIND = ['queue_history', 'queue_quarters', 'queue_consumers'];

/**
 * Shortens the history of queues in which nothing happens any more, and removes what another node has
 * written of a queue while it was being deleted.
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
  let mayBeMore = false;
  for (const table of LEFT_BEHIND) {
    const queues = await pipeline.query<{ id: number; exists: boolean }>(queuesIn(table), [
      afterQueueId,
      untilQueueId,
    ]);
    const idsOf = (exist: boolean): number[] =>
      queues.filter(({ exists }) => exists === exist).map(({ id }) => id);
    pipeline.send(`DELETE FROM millrace.${table} WHERE queue_id = ANY ($1::bigint[])`, [
      idsOf(false),
    ]);
    if (table === 'queue_history') {
      const minute = minuteOf(nowMs);
      rollUp(pipeline, idsOf(true), rolledUpBefore(minute), forgottenBefore(minute));
    }
    mayBeMore ||= queues.length >= LOOKED_AT_MAX;
  }
  return mayBeMore;
}

/** Walks the key of the table from queue to queue. */
const queuesIn = (table: string): string => `
  WITH RECURSIVE known(id) AS (
    SELECT min(queue_id) FROM millrace.${table} WHERE queue_id > $1
    UNION ALL
    SELECT (SELECT min(h.queue_id) FROM millrace.${table} h WHERE h.queue_id > k.id)
      FROM known k WHERE k.id IS NOT NULL AND k.id <= coalesce($2, k.id))
  SELECT id, EXISTS (SELECT 1 FROM millrace.queues q WHERE q.id = known.id OFFSET 0) AS exists
    FROM known WHERE id <= coalesce($2, id) LIMIT ${LOOKED_AT_MAX}`;

export async function readHistory(
  pipeline: Pipeline,
  queueId: number,
  sinceMinute: number,
): Promise<QueueHistory> {
  const minutes = pipeline.query<HistoryMinute>(
    `SELECT minute, depth, ${ACTIVITY_AS}
       FROM millrace.queue_history
      WHERE queue_id = $1 AND minute >= coalesce(
        (SELECT max(minute) FROM millrace.queue_history WHERE queue_id = $1 AND minute < $2), $2)
      ORDER BY minute`,
    [queueId, sinceMinute],
  );
  const quarters = pipeline.query<HistoryQuarter>(
    `SELECT quarter, depth, ${ACTIVITY_AS}
       FROM millrace.queue_quarters
      WHERE queue_id = $1 AND quarter >= coalesce(
        (SELECT max(quarter) FROM millrace.queue_quarters WHERE queue_id = $1 AND quarter < $2), $2)
      ORDER BY quarter`,
    [queueId, quarterOf(sinceMinute)],
  );
  const [ofMinutes, ofQuarters] = await Promise.all([minutes, quarters]);
  return { minutes: ofMinutes, quarters: ofQuarters };
}

export function readRecentMinutes(
  pipeline: Pipeline,
  project: string,
  queues: readonly string[],
  sinceMinute: number,
): Promise<QueueMinute[]> {
  return pipeline.query<QueueMinute>(
    `SELECT u.name AS queue, h.minute, h.depth, h.published, h.delivered, h.acked, h.failed,
       h.dead_lettered AS "deadLettered"
       FROM unnest($2::text[]) AS u(name)
      CROSS JOIN LATERAL (
        SELECT q.id FROM millrace.queues q WHERE q.project = $1 AND q.name = u.name LIMIT 1) AS q
      CROSS JOIN LATERAL (
        SELECT m.* FROM millrace.queue_history m
         WHERE m.queue_id = q.id AND m.minute >= $3 OFFSET 0) AS h`,
    [project, queues, sinceMinute],
  );
}
