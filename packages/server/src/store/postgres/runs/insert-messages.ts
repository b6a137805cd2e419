import type { NewMessage } from '../../../core/commands.js';
import { firstRowIdAt } from '../../../core/ids.js';
import { STATE } from '../../../core/message-state.js';
import { PLACES_PER_MS } from '../../../core/sequence.js';
import type { QueueEntry } from '../../../core/transaction.js';
import type { GroupRun } from '../group-run.js';
import { CLOCK } from '../load-queues.js';
import { type Parameter, textArray } from '../parameters.js';
import { JUMP_MS } from '../store-clock.js';

export interface NewRow {
  readonly queue: QueueEntry;
  readonly seq: number;
  readonly groupId: string | null;
  readonly groupKey: string | null;
  readonly bytes: number;
  /** When its delay ends; undefined: it has none. */
  readonly dueAtMs: number | undefined;
  readonly message: NewMessage;
}

/**
 * All messages of a run go in with one statement. Where the group has not heard the time yet, they go
 * in later by as much as it is later than the group believes: their places and times are what they
 * would be if it had asked, so that what was published at another node before comes before.
 */
export function insertMessages({ tx, clockMs }: GroupRun, rows: readonly NewRow[]): void {
  if (!tx.isTimeAssumed) {
    tx.pipeline.send(INSERT, [...columnsOf(rows), tx.nowMs]);
    return;
  }
  const firstSeq = (rows[0] as NewRow).seq;
  const answer = tx.pipeline.query<{ lateSeq: number }>(INSERT_LATER, [
    ...columnsOf(rows),
    tx.nowMs,
    clockMs,
    firstSeq - firstRowIdAt(tx.nowMs),
  ]);
  answer.then(
    ([head]) => tx.passed(firstSeq + rows.length - 1 + (head?.lateSeq ?? 0)),
    // A failure shows where the whole pipeline is waited for.
    () => undefined,
  );
}

const columnsOf = (rows: readonly NewRow[]): Parameter[] => [
  rows.map(({ queue }) => queue.bucketId),
  rows.map(({ message }) => message.messageId),
  rows.map(({ seq }) => seq),
  rows.map(({ bytes }) => bytes),
  textArray(rows.map(({ message }) => message.payload)),
  ifAny(rows.map(({ dueAtMs }) => dueAtMs)),
  ifAny(rows.map(({ queue, message }) => (queue.enablePriority ? message.priority : 0))),
  ifAny(rows.map(({ message }) => message.priority)),
  ifAny(rows.map(({ groupId }) => groupId)),
  ifAny(rows.map(({ groupKey }) => groupKey)),
  ifAny(rows.map(({ message }) => message.deduplicationId)),
  ifAny(rows.map(({ message }) => message.headers)),
];

/** A column in which no row has anything may be left empty: `unnest` fills it up with nulls. */
const ifAny = <T extends string | number | null | undefined>(column: readonly T[]): readonly T[] =>
  column.some((value) => value !== null && value !== undefined && value !== 0) ? column : [];

const insertInto = (now: string, lateMs: string, lateSeq: string, head = ''): string => `
  INSERT INTO millrace.messages (bucket_id, message_id, seq, rank, state, priority,
    enqueued_at_ms, first_available_at_ms, live_since_ms, due_at_ms, group_id, group_key,
    deduplication_id, headers, bytes, payload)
  SELECT m.bucket_id, m.message_id, m.seq + ${lateSeq}, coalesce(m.rank, 0),
      CASE WHEN m.due IS NULL THEN ${STATE.available} ELSE ${STATE.delayed} END,
      coalesce(m.priority, 0), ${now}, coalesce(m.due + ${lateMs}, ${now}),
      CASE WHEN m.due IS NULL THEN ${now} END, m.due + ${lateMs}, m.group_id, m.group_key,
      m.deduplication_id, m.headers, m.bytes, m.payload
    FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::integer[], $5::text[], $6::bigint[],
        $7::smallint[], $8::smallint[], $9::text[], $10::text[], $11::text[], $12::text[])
      AS m(bucket_id, message_id, seq, bytes, payload, due, rank, priority, group_id, group_key,
        deduplication_id, headers) ${head}`;

const INSERT = insertInto('$13::bigint', '0', '0');

const INSERT_LATER = `
  WITH head AS MATERIALIZED (
    SELECT floor(now)::bigint AS now_ms, floor(now)::bigint - $13::bigint AS late_ms,
        greatest(0, floor((now - $13::bigint) * ${PLACES_PER_MS})::bigint - $15::bigint) AS late_seq
      FROM (SELECT coalesce($14::numeric, least(${CLOCK}, $13::bigint + ${JUMP_MS})) AS now OFFSET 0) AS t
  ), inserted AS (${insertInto('head.now_ms', 'head.late_ms', 'head.late_seq', 'CROSS JOIN head')})
  SELECT late_seq AS "lateSeq" FROM head`;
