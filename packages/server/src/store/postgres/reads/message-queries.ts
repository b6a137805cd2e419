import type { StoredMessage } from '../../../core/commands/commands.js';
import { rowIdOf } from '../../../core/ids.js';
import { storedMessage } from '../../../core/queue/message-fields.js';
import { STATE, type State } from '../../../core/queue/message-state.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import {
  PageBuilder,
  type PagePosition,
  peekParts,
  readPosition,
} from '../../../core/store/page.js';
import { oneMessage, type SeenRow, seenMessage } from '../../../core/store/seen-message.js';
import type {
  DeadLetter,
  MessagePage,
  PeekState,
  Query,
  ReadResult,
  SeenMessage,
} from '../../../core/store/store.js';
import { messageOf } from '../driver/index-joins.js';
import type { Pipeline } from '../driver/pipeline.js';
import { STORED_COLUMNS } from './rows.js';

/** Reads of messages, from committed state and without changing them. */

interface Row extends SeenRow {
  readonly bucketId: number;
}

/** Without the failures of a message, which are read only when one message is asked for. */
const SEEN_COLUMNS = `${STORED_COLUMNS}, m.bucket_id AS "bucketId", m.state, m.due_at_ms AS "dueAtMs",
  m.bytes,
  coalesce(m.seq > (SELECT g.head_seq FROM millrace.fifo_groups g
    WHERE g.bucket_id = m.bucket_id AND g.group_key = m.group_key), false) AS "behindHead"`;

/** Below every message id. */
const NO_ID = '00000000-0000-0000-0000-000000000000';

/** Before the first position of each part: ranks fall, times rise. */
const START: Record<PeekState, Omit<PagePosition, 'part'>> = {
  available: { major: 1_000, minor: 0, tie: NO_ID },
  leased: { major: -1, minor: 0, tie: NO_ID },
  delayed: { major: -1, minor: 0, tie: NO_ID },
};

/**
 * A page's rows without their payloads, whose sizes are columns of the rows; a second statement reads
 * the payloads of the rows that fit.
 */
const partSql: Record<PeekState, (type: QueueEntry['type']) => string> = {
  available: () => `SELECT ${SEEN_COLUMNS}, m.rank AS major, m.seq AS minor FROM millrace.messages m
    WHERE m.bucket_id = $1 AND m.state = ${STATE.available}
      AND m.rank <= $2::bigint AND (m.rank < $2::bigint OR (m.seq, m.message_id) > ($3, $5))
    ORDER BY m.rank DESC, m.seq, m.message_id LIMIT $4`,
  leased: (type) => dueSql(STATE.leased, type),
  delayed: (type) => dueSql(STATE.delayed, type),
};

/** Leases and delays of messages in message groups have an index of their own. */
function dueSql(state: State, type: QueueEntry['type']): string {
  const group = type === 'fifo' ? 'IS NOT NULL' : 'IS NULL';
  return `SELECT ${SEEN_COLUMNS}, m.due_at_ms AS major, m.seq AS minor FROM millrace.messages m
    WHERE m.bucket_id = $1 AND m.state = ${state} AND m.due_at_ms >= $2
      AND m.group_key ${group}
      AND (m.due_at_ms, m.seq, m.message_id) > ($2, $3, $5)
    ORDER BY m.due_at_ms, m.seq, m.message_id LIMIT $4`;
}

/** How many rows are read at once: headers make each row up to a dozen KiB. */
const ROWS_AT_ONCE = 128;

export async function peek(
  pipeline: Pipeline,
  queue: QueueEntry,
  { state, after, limit, maxBytes, strict }: Query<'peek'>,
): Promise<ReadResult['peek']> {
  const parts = peekParts(state);
  const from = readPosition(after, parts);
  const page = new PageBuilder<SeenMessage>(limit, maxBytes, strict);
  const seen: Row[] = [];
  for (const part of parts.slice(from === null ? 0 : parts.indexOf(from.part as PeekState))) {
    const start = from?.part === part ? from : START[part];
    const read = ({ major, minor, tie }: Start, rows: number) =>
      pipeline.query<Row>(partSql[part](queue.type), [
        queue.bucketId,
        major,
        minor,
        rows,
        tie || NO_ID,
      ]);
    const isFull = !(await fill(page, seen, part, start, read, seenMessage));
    if (isFull) break;
  }
  return withPayloads(pipeline, page.page(), seen);
}

export async function deadLetters(
  pipeline: Pipeline,
  queue: QueueEntry,
  { after, limit, maxBytes, strict }: Query<'deadLetters'>,
): Promise<ReadResult['deadLetters']> {
  const from = readPosition(after, ['dead']) ?? { major: -1, minor: 0, tie: NO_ID };
  const page = new PageBuilder<DeadLetter>(limit, maxBytes, strict);
  const seen: Row[] = [];
  const read = ({ major, minor, tie }: Start, rows: number) =>
    pipeline.query<Row>(
      `SELECT ${SEEN_COLUMNS}, m.dead_lettered_at_ms AS major, m.seq AS minor,
          (SELECT k.name FROM millrace.queues k WHERE k.bucket_id = m.bucket_id) AS "keptIn"
         FROM millrace.messages m
        WHERE m.source_queue_id = $1
          AND (m.dead_lettered_at_ms, m.seq, m.message_id) > ($2, $3, $5)
          AND NOT EXISTS (
            SELECT 1 FROM millrace.discarded_buckets x WHERE x.bucket_id = m.bucket_id OFFSET 0)
        ORDER BY m.dead_lettered_at_ms, m.seq, m.message_id LIMIT $4`,
      [queue.id, major, minor, rows, tie || NO_ID],
    );
  const letterOf = (row: Row) => ({ ...storedMessage(row), keptIn: row.keptIn ?? queue.name });
  await fill(page, seen, 'dead', from, read, letterOf);
  return withPayloads(pipeline, page.page(), seen);
}

type Start = Omit<PagePosition, 'part'>;

/**
 * Reads on until the page is full or nothing is left.
 *
 * @returns false when the page is full
 */
async function fill<T extends StoredMessage>(
  page: PageBuilder<T>,
  seen: Row[],
  part: string,
  start: Start,
  read: (from: Start, rows: number) => Promise<Row[]>,
  itemOf: (row: Row) => T,
): Promise<boolean> {
  let from = start;
  for (;;) {
    const wanted = Math.min(ROWS_AT_ONCE, page.wanted);
    const rows = await read(from, wanted);
    for (const row of rows) {
      from = positionOf(part, row);
      if (!page.add(itemOf(row), row.bytes, positionOf(part, row))) return false;
      seen.push(row);
    }
    if (rows.length < wanted) return true;
  }
}

export async function message(
  pipeline: Pipeline,
  queue: QueueEntry,
  asked: Query<'message'>,
): Promise<Omit<ReadResult['message'], 'queueExists'>> {
  const { messageId, maxBytes = 0, strict = false } = asked;
  if (rowIdOf(messageId) === undefined) return { message: null };
  const [row] = await pipeline.query<Row>(
    `SELECT ${SEEN_COLUMNS}, m.failure_log AS "failureLog",
        CASE WHEN m.bytes <= $3 THEN m.payload END AS payload
       FROM millrace.messages m
      WHERE m.bucket_id = ANY ($1::bigint[]) AND m.message_id = $2`,
    [[queue.bucketId, queue.deadBucketId], messageId, strict ? maxBytes : MAX_BYTES],
  );
  return oneMessage(row, asked);
}

/** Larger than any message. */
const MAX_BYTES = 2 ** 31 - 1;

/** Adds the payloads; a message that was removed since it was listed is left out. */
async function withPayloads<T extends StoredMessage>(
  pipeline: Pipeline,
  page: MessagePage<T>,
  seen: readonly Row[],
): Promise<MessagePage<T>> {
  if (page.items.length === 0) return page;
  const shown = seen.slice(0, page.items.length);
  const rows = await pipeline.query<{ messageId: string; payload: string }>(
    `SELECT m.* FROM unnest($1::bigint[], $2::uuid[]) AS s(bucket_id, message_id)
      CROSS JOIN ${messageOf('s', 'm.message_id AS "messageId", m.payload')} AS m`,
    [shown.map(({ bucketId }) => bucketId), shown.map(({ messageId }) => messageId)],
  );
  const payloads = new Map(rows.map(({ messageId, payload }) => [messageId, payload]));
  const items = page.items.flatMap((item) => {
    const payload = payloads.get(item.messageId);
    return payload === undefined ? [] : [{ ...item, payload }];
  });
  return { ...page, items };
}

const positionOf = (part: string, { major, minor, messageId }: Row): PagePosition => ({
  part,
  major,
  minor,
  tie: messageId,
});
