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
  PeekState,
  Query,
  ReadResult,
  SeenMessage,
} from '../../../core/store/store.js';
import { STORED_COLUMNS } from '../driver/rows.js';
import type { Statements } from '../driver/statements.js';

/** Reads of messages, from committed state and without changing them. */

/** Only who asks for one message is told of its failures. */
const SEEN_COLUMNS = `${STORED_COLUMNS}, m.state, m.due_at_ms AS dueAtMs, m.bytes,
  coalesce(m.seq > (SELECT g.head_seq FROM fifo_groups g
    WHERE g.bucket_id = m.bucket_id AND g.group_key = m.group_key), 0) AS behindHead`;

const FROM = 'messages m JOIN bodies b ON b.id = m.id';

/** Before the first position of each part: ranks fall, times rise. */
const START: Record<PeekState, Omit<PagePosition, 'part' | 'tie'>> = {
  available: { major: 1_000, minor: 0 },
  leased: { major: -1, minor: 0 },
  delayed: { major: -1, minor: 0 },
};

const PART_SQL: Record<PeekState, string> = {
  available: `SELECT ${SEEN_COLUMNS}, m.rank AS major, m.seq AS minor FROM ${FROM}
    WHERE m.bucket_id = @bucketId AND m.state = ${STATE.available}
      AND m.rank <= @major AND (m.rank < @major OR m.seq > @minor)
    ORDER BY m.rank DESC, m.seq LIMIT @limit`,
  leased: dueSql(STATE.leased),
  delayed: dueSql(STATE.delayed),
};

function dueSql(state: State): string {
  return `SELECT ${SEEN_COLUMNS}, m.due_at_ms AS major, m.id AS minor FROM ${FROM}
    WHERE m.bucket_id = @bucketId AND m.state = ${state} AND (m.due_at_ms, m.id) > (@major, @minor)
    ORDER BY m.due_at_ms, m.id LIMIT @limit`;
}

export function peek(
  statements: Statements,
  queue: QueueEntry,
  { state, after, limit, maxBytes, strict }: Query<'peek'>,
): ReadResult['peek'] {
  const parts = peekParts(state);
  const from = readPosition(after, parts);
  const builder = new PageBuilder<SeenMessage>(limit, maxBytes, strict);
  for (const part of parts.slice(from === null ? 0 : parts.indexOf(from.part as PeekState))) {
    const { major, minor } = from?.part === part ? from : START[part];
    const rows = statements.get(PART_SQL[part]).iterate({
      bucketId: queue.bucketId,
      major,
      minor,
      limit: builder.wanted,
    }) as Iterable<SeenRow>;
    for (const row of rows) {
      const position = { part, major: row.major, minor: row.minor, tie: '' };
      if (!builder.add(seenMessage(row), row.bytes, position)) return builder.page();
    }
  }
  return builder.page();
}

export function deadLetters(
  statements: Statements,
  queue: QueueEntry,
  { after, limit, maxBytes, strict }: Query<'deadLetters'>,
): ReadResult['deadLetters'] {
  const from = readPosition(after, ['dead']);
  const builder = new PageBuilder<DeadLetter>(limit, maxBytes, strict);
  const rows = statements
    .get(
      `SELECT ${SEEN_COLUMNS}, m.dead_lettered_at_ms AS major, m.seq AS minor,
          (SELECT k.name FROM queues k WHERE k.bucket_id = m.bucket_id) AS keptIn FROM ${FROM}
        WHERE m.source_queue_id = ? AND (m.dead_lettered_at_ms, m.seq) > (?, ?)
          AND m.bucket_id NOT IN (SELECT bucket_id FROM discarded_buckets)
        ORDER BY m.dead_lettered_at_ms, m.seq LIMIT ?`,
    )
    .iterate(queue.id, from?.major ?? -1, from?.minor ?? 0, builder.wanted) as Iterable<SeenRow>;
  for (const row of rows) {
    const position = { part: 'dead', major: row.major, minor: row.minor, tie: '' };
    const letter = { ...storedMessage(row), keptIn: row.keptIn ?? queue.name };
    if (!builder.add(letter, row.bytes, position)) break;
  }
  return builder.page();
}

export function message(
  statements: Statements,
  queue: QueueEntry,
  asked: Query<'message'>,
): Omit<ReadResult['message'], 'queueExists'> {
  const { messageId } = asked;
  const row = statements
    .get(
      `SELECT ${SEEN_COLUMNS}, m.failure_log AS failureLog FROM ${FROM}
        WHERE m.id = ? AND m.message_id = ? AND m.bucket_id IN (?, ?)`,
    )
    .get(rowIdOf(messageId) ?? 0, messageId, queue.bucketId, queue.deadBucketId) as
    | SeenRow
    | undefined;
  return oneMessage(row, asked);
}
