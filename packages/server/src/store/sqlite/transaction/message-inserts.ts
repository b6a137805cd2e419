import type { Statement } from 'better-sqlite3';
import { STATE } from '../../../core/queue/message-state.js';
import type { Arrival } from '../../../core/queue/publishing.js';
import { RowBatch, textsOf } from '../driver/row-batch.js';

const PLAIN_COLUMNS = {
  id: '?',
  bucket_id: '?',
  seq: '?',
  rank: '?',
  state: `${STATE.available}`,
  message_id: '?',
  priority: '?',
  bytes: '?',
  enqueued_at_ms: '?',
  first_available_at_ms: '?',
  live_since_ms: '?',
};

/**
 * Most messages have no delay, message group or deduplication id. Inserting fewer values takes less
 * time.
 */
const PLAIN = insertsInto('messages', PLAIN_COLUMNS);

const OTHERS = insertsInto('messages', {
  ...PLAIN_COLUMNS,
  state: '?',
  due_at_ms: '?',
  group_id: '?',
  group_key: '?',
  deduplication_id: '?',
});

const BODIES = insertsInto('bodies', { id: '?', payload: '?', headers: '?' });

/**
 * New messages to be inserted, gathered over the publishes of a commit group. Code that reads messages
 * in the same transaction must flush first.
 */
export class MessageInserts {
  private readonly plain: RowBatch;
  private readonly others: RowBatch;
  private readonly bodies: RowBatch;

  constructor(sql: (text: string) => Statement) {
    this.plain = new RowBatch(sql, PLAIN);
    this.others = new RowBatch(sql, OTHERS);
    this.bodies = new RowBatch(sql, BODIES);
  }

  add(id: number, seq: number, nowMs: number, arrival: Arrival): void {
    const { queue, message, rank, bytes, dueAtMs, groupKey } = arrival;
    const { messageId, priority, groupId, deduplicationId } = message;
    const { bucketId } = queue;
    const isGrouped = groupId !== null || groupKey !== null;
    if (dueAtMs === null && !isGrouped && deduplicationId === null) {
      this.plain.add([id, bucketId, seq, rank, messageId, priority, bytes, nowMs, nowMs, nowMs]);
    } else {
      const state = dueAtMs === null ? STATE.available : STATE.delayed;
      const availableAtMs = dueAtMs ?? nowMs;
      const liveSinceMs = dueAtMs === null ? nowMs : null;
      this.others.add([
        id,
        bucketId,
        seq,
        rank,
        state,
        messageId,
        priority,
        bytes,
        nowMs,
        availableAtMs,
        liveSinceMs,
        dueAtMs,
        groupId,
        groupKey,
        deduplicationId,
      ]);
    }
    this.bodies.add([id, message.payload, message.headers]);
  }

  flush(): void {
    this.plain.flush();
    this.others.flush();
    this.bodies.flush();
  }
}

/** @param columns for each column its SQL value; `?` for a bound parameter */
function insertsInto(table: string, columns: Record<string, string>): ReadonlyMap<number, string> {
  const row = `(${Object.values(columns).join(', ')})`;
  const head = `INSERT INTO ${table} (${Object.keys(columns).join(', ')}) VALUES `;
  return textsOf((rows) => head + Array(rows).fill(row).join(', '));
}
