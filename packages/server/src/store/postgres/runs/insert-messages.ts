import type { NewMessage } from '../../../core/commands.js';
import { firstRowIdAt } from '../../../core/ids.js';
import { STATE } from '../../../core/message-state.js';
import type { QueueEntry } from '../../../core/transaction.js';
import { holdSlot } from '../counter-rows.js';
import type { GroupRun } from '../group-run.js';
import { CLOCK_MS } from '../load-queues.js';
import { type Parameter, textArray } from '../parameters.js';
import { toText } from '../text.js';

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

/** All messages of a group go in with one statement. */
export function insertMessages(run: GroupRun, rows: readonly NewRow[]): void {
  if (run.assumed === undefined) {
    run.tx.pipeline.send(INSERT, [...columnsOf(rows), run.tx.nowMs]);
  } else {
    insertAsAssumed(run, rows, run.assumed);
  }
}

/**
 * The same for a group that has read nothing yet: it goes in if the queues are as they were, and
 * later by as much as the time is later than the group believed. Places and times are so what they
 * would be if it had asked: what was published at another node before comes before.
 */
function insertAsAssumed(
  { tx, timeOf, clockMs }: GroupRun,
  rows: readonly NewRow[],
  queues: readonly QueueEntry[],
): void {
  const firstSeq = rows[0]?.seq ?? 0;
  const answer = tx.pipeline.query<{ databaseMs: number; lateSeq: number }>(INSERT_AS_ASSUMED, [
    ...columnsOf(rows),
    tx.nowMs,
    clockMs,
    firstSeq - firstRowIdAt(tx.nowMs),
    tx.slot,
    queues.map(({ project }) => project),
    queues.map(({ name }) => name),
    queues.map(({ bucketId }) => bucketId),
    queues.map(({ enablePriority }) => enablePriority),
  ]);
  answer.then(
    ([head]) => {
      if (head === undefined) return;
      timeOf(head.databaseMs);
      tx.passed(firstSeq + rows.length - 1 + head.lateSeq);
    },
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
  ifAny(rows.map(({ message }) => toText(message.deduplicationId))),
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

const PLACES_PER_MS = firstRowIdAt(1) - firstRowIdAt(0);

/** A group that believes a later time than it is would come before its time: it asks. */
const IS_AS_ASSUMED = `now_ms >= $13 AND ${holdSlot('$16')} AND NOT EXISTS (
  SELECT 1 FROM unnest($17::text[], $18::text[], $19::bigint[], $20::boolean[])
      AS a(project, name, bucket_id, enable_priority)
    LEFT JOIN millrace.queues q ON q.project = a.project AND q.name = a.name
   WHERE (q.type, q.bucket_id, q.enable_priority)
     IS DISTINCT FROM ('standard', a.bucket_id, a.enable_priority))`;

const INSERT_AS_ASSUMED = `
  WITH head AS MATERIALIZED (
    SELECT now_ms, database_ms, now_ms - $13::bigint AS late_ms,
        greatest(0, (now_ms - $13) * ${PLACES_PER_MS} - $15::bigint) AS late_seq
      FROM (SELECT c.ms AS database_ms, coalesce($14::bigint, c.ms) AS now_ms
              FROM (SELECT ${CLOCK_MS} AS ms OFFSET 0) AS c) AS t
     WHERE millrace.expect(${IS_AS_ASSUMED})
  ), inserted AS (${insertInto('head.now_ms', 'head.late_ms', 'head.late_seq', 'CROSS JOIN head')})
  SELECT database_ms AS "databaseMs", late_seq AS "lateSeq" FROM head`;
