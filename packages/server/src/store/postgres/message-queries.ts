import type { FailedDelivery, StoredMessage } from '../../core/commands.js';
import { rowIdOf } from '../../core/ids.js';
import { STATE, type State } from '../../core/message-state.js';
import { PageBuilder, type PagePlace, peekParts, readPlace } from '../../core/page.js';
import type { MessagePage, PeekState, Query, ReadResult, SeenMessage } from '../../core/store.js';
import type { QueueEntry } from '../../core/transaction.js';
import { messageOf } from './by-key.js';
import type { Pipeline } from './pipeline.js';
import { STORED_COLUMNS, storedMessage } from './rows.js';

/** Looks at messages, from committed state and without touching them. */

interface SeenRow extends StoredMessage {
  readonly bucketId: number;
  readonly state: State;
  readonly dueAtMs: number | null;
  readonly failureLog: string | null;
  readonly behindHead: boolean;
  readonly bytes: number;
  readonly major: number;
  readonly minor: number;
}

const SEEN_COLUMNS = `${STORED_COLUMNS}, m.bucket_id AS "bucketId", m.state, m.due_at_ms AS "dueAtMs",
  m.failure_log AS "failureLog", m.bytes,
  coalesce(m.seq > (SELECT g.head_seq FROM millrace.fifo_groups g
    WHERE g.bucket_id = m.bucket_id AND g.group_key = m.group_key), false) AS "behindHead"`;

const STATE_NAMES = ['available', 'leased', 'delayed', 'dead'] as const;

/** Below every message id. */
const NO_ID = '00000000-0000-0000-0000-000000000000';

/** Before the first place of each part: ranks fall, times rise. */
const START: Record<PeekState, Omit<PagePlace, 'part'>> = {
  available: { major: 1_000, minor: 0, tie: NO_ID },
  leased: { major: -1, minor: 0, tie: NO_ID },
  delayed: { major: -1, minor: 0, tie: NO_ID },
};

/**
 * A page's rows without their payloads, whose bytes are known before they are read; the payloads
 * of those that fit come in a second statement.
 */
const partSql: Record<PeekState, (type: QueueEntry['type']) => string> = {
  available: () => `SELECT ${SEEN_COLUMNS}, m.rank AS major, m.seq AS minor FROM millrace.messages m
    WHERE m.bucket_id = $1 AND m.state = ${STATE.available}
      AND m.rank <= $2::bigint AND (m.rank < $2::bigint OR (m.seq, m.message_id) > ($3, $5))
    ORDER BY m.rank DESC, m.seq, m.message_id LIMIT $4`,
  leased: (type) => dueSql(STATE.leased, type),
  delayed: (type) => dueSql(STATE.delayed, type),
};

/** What ends in FIFO groups has an index of its own. */
function dueSql(state: State, type: QueueEntry['type']): string {
  const group = type === 'fifo' ? 'IS NOT NULL' : 'IS NULL';
  return `SELECT ${SEEN_COLUMNS}, m.due_at_ms AS major, m.seq AS minor FROM millrace.messages m
    WHERE m.bucket_id = $1 AND m.state = ${state} AND m.due_at_ms >= $2
      AND m.group_key ${group}
      AND (m.due_at_ms, m.seq, m.message_id) > ($2, $3, $5)
    ORDER BY m.due_at_ms, m.seq, m.message_id LIMIT $4`;
}

export async function peek(
  pipeline: Pipeline,
  queue: QueueEntry,
  { state, after, limit, maxBytes }: Query<'peek'>,
): Promise<ReadResult['peek']> {
  const parts = peekParts(state);
  const from = readPlace(after, parts);
  const builder = new PageBuilder<SeenMessage>(limit, maxBytes);
  const seen: SeenRow[] = [];
  for (const part of parts.slice(from === null ? 0 : parts.indexOf(from.part as PeekState))) {
    const { major, minor, tie } = from?.part === part ? from : START[part];
    const rows = await pipeline.query<SeenRow>(partSql[part](queue.type), [
      queue.bucketId,
      major,
      minor,
      builder.wanted,
      tie || NO_ID,
    ]);
    seen.push(...rows);
    if (!rows.every((row) => builder.add(seenMessage(row), row.bytes, placeOf(part, row)))) break;
  }
  return withPayloads(pipeline, builder.page(), seen);
}

export async function deadLetters(
  pipeline: Pipeline,
  queue: QueueEntry,
  { after, limit, maxBytes }: Query<'deadLetters'>,
): Promise<ReadResult['deadLetters']> {
  const from = readPlace(after, ['dead']);
  const builder = new PageBuilder<StoredMessage>(limit, maxBytes);
  const rows = await pipeline.query<SeenRow>(
    `SELECT ${SEEN_COLUMNS}, m.dead_lettered_at_ms AS major, m.seq AS minor
       FROM millrace.messages m
      WHERE m.source_queue_id = $1
        AND (m.dead_lettered_at_ms, m.seq, m.message_id) > ($2, $3, $5)
        AND NOT EXISTS (
          SELECT 1 FROM millrace.discarded_buckets x WHERE x.bucket_id = m.bucket_id)
      ORDER BY m.dead_lettered_at_ms, m.seq, m.message_id LIMIT $4`,
    [queue.id, from?.major ?? -1, from?.minor ?? 0, builder.wanted, from?.tie || NO_ID],
  );
  for (const row of rows) {
    if (!builder.add(storedMessage(row), row.bytes, placeOf('dead', row))) break;
  }
  return withPayloads(pipeline, builder.page(), rows);
}

export async function message(
  pipeline: Pipeline,
  queue: QueueEntry,
  messageId: string,
): Promise<SeenMessage | null> {
  if (rowIdOf(messageId) === undefined) return null;
  const [row] = await pipeline.query<SeenRow>(
    `SELECT ${SEEN_COLUMNS}, m.payload FROM millrace.messages m
      WHERE m.bucket_id = ANY ($1::bigint[]) AND m.message_id = $2`,
    [[queue.bucketId, queue.deadBucketId], messageId],
  );
  return row === undefined ? null : seenMessage(row);
}

/** A message that has gone since it was listed is left out. */
async function withPayloads<T extends StoredMessage>(
  pipeline: Pipeline,
  page: MessagePage<T>,
  seen: readonly SeenRow[],
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

const placeOf = (part: string, { major, minor, messageId }: SeenRow): PagePlace => ({
  part,
  major,
  minor,
  tie: messageId,
});

function seenMessage(row: SeenRow): SeenMessage {
  const failures: FailedDelivery[] = row.failureLog === null ? [] : JSON.parse(row.failureLog);
  const { dueAtMs, behindHead } = row;
  const state = STATE_NAMES[row.state];
  return { ...storedMessage(row), state, dueAtMs, behindHead, failures };
}
