import { STATE } from '../../../core/queue/message-state.js';
import type { Arrival } from '../../../core/queue/publishing.js';
import { type Parameter, textArray } from '../driver/parameters.js';
import { JUMP_MS } from '../time/store-clock.js';
import { CLOCK } from '../time/store-time-sql.js';
import type { CommitGroup } from '../transaction/commit-group.js';
import { NEXT_SEQ } from '../transaction/message-seqs.js';

export interface NewRow {
  readonly arrival: Arrival;
  /** Null: the seq is drawn when the message is inserted. */
  readonly seq: number | null;
}

/**
 * Inserts all messages of a run with one statement, which draws their seqs in order. If the commit group
 * has not read the time yet, the statement sets their times as if it had.
 */
export function insertMessages({ tx, clockMs }: CommitGroup, rows: readonly NewRow[]): void {
  if (tx.isTimeAssumed) tx.pipeline.send(INSERT_LATER, [...columnsOf(rows), tx.nowMs, clockMs]);
  else tx.pipeline.send(INSERT, [...columnsOf(rows), tx.nowMs]);
}

const columnsOf = (rows: readonly NewRow[]): Parameter[] => [
  rows.map(({ arrival: { queue } }) => queue.bucketId),
  rows.map(({ arrival: { message } }) => message.messageId),
  ifAny(rows.map(({ seq }) => seq)),
  rows.map(({ arrival: { bytes } }) => bytes),
  textArray(rows.map(({ arrival: { message } }) => message.payload)),
  ifAny(rows.map(({ arrival: { dueAtMs } }) => dueAtMs)),
  ifAny(rows.map(({ arrival: { rank } }) => rank)),
  ifAny(rows.map(({ arrival: { message } }) => message.priority)),
  ifAny(rows.map(({ arrival: { message } }) => message.groupId)),
  ifAny(rows.map(({ arrival: { groupKey } }) => groupKey)),
  ifAny(rows.map(({ arrival: { message } }) => message.deduplicationId)),
  ifAny(rows.map(({ arrival: { message } }) => message.headers)),
];

/** A column that is empty in every row may be sent empty: `unnest` fills it with nulls. */
const ifAny = <T extends string | number | null>(column: readonly T[]): readonly T[] =>
  column.some((value) => value !== null && value !== 0) ? column : [];

const insertInto = (now: string, lateMs: string, head = ''): string => `
  INSERT INTO millrace.messages (bucket_id, message_id, seq, rank, state, priority,
    enqueued_at_ms, first_available_at_ms, live_since_ms, due_at_ms, group_id, group_key,
    deduplication_id, headers, bytes, payload)
  SELECT m.bucket_id, m.message_id, coalesce(m.seq, ${NEXT_SEQ}), coalesce(m.rank, 0),
      CASE WHEN m.due IS NULL THEN ${STATE.available} ELSE ${STATE.delayed} END,
      coalesce(m.priority, 0), ${now}, coalesce(m.due + ${lateMs}, ${now}),
      CASE WHEN m.due IS NULL THEN ${now} END, m.due + ${lateMs}, m.group_id, m.group_key,
      m.deduplication_id, m.headers, m.bytes, m.payload
    FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::integer[], $5::text[], $6::bigint[],
        $7::smallint[], $8::smallint[], $9::text[], $10::text[], $11::text[], $12::text[])
      WITH ORDINALITY
      AS m(bucket_id, message_id, seq, bytes, payload, due, rank, priority, group_id, group_key,
        deduplication_id, headers, nth) ${head}
   ORDER BY m.nth`;

const INSERT = insertInto('$13::bigint', '0');

const INSERT_LATER = `
  WITH head AS MATERIALIZED (
    SELECT floor(now)::bigint AS now_ms, floor(now)::bigint - $13::bigint AS late_ms
      FROM (SELECT coalesce($14::numeric, least(${CLOCK}, $13::bigint + ${JUMP_MS})) AS now OFFSET 0) AS t
  ) ${insertInto('head.now_ms', 'head.late_ms', 'CROSS JOIN head')}`;
