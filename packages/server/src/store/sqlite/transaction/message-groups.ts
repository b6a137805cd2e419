import { STATE } from '../../../core/queue/message-state.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { MESSAGE_COLUMNS, type MessageRow, messageRow } from '../driver/rows.js';
import type { Statements } from '../driver/statements.js';

export interface ReadyMessageGroup {
  readonly groupKey: string;
  readonly headSeq: number;
}

const HELD = `state IN (${STATE.leased}, ${STATE.delayed})`;

const HELD_OF_GROUP = `SELECT ${MESSAGE_COLUMNS} FROM messages
  WHERE bucket_id = ? AND group_key = ? AND ${HELD} ORDER BY seq`;

const IS_HELD = `SELECT EXISTS (SELECT 1 FROM messages WHERE bucket_id = ? AND group_key = ? AND ${HELD})`;

/**
 * The message groups that one transaction changes. The head of a message group and whether it is blocked
 * follow from its messages, so both are determined again after the message group was touched, before
 * they are read.
 */
export class MessageGroups {
  private readonly touched = new Map<string, { queue: QueueEntry; groupKey: string }>();

  constructor(
    private readonly statements: Statements,
    /** Called when a message group has a message to deliver. */
    private readonly ready: (queue: QueueEntry) => void,
  ) {}

  touch(queue: QueueEntry, groupKey: string): void {
    this.touched.set(`${queue.bucketId} ${groupKey}`, { queue, groupKey });
  }

  /** A message was added at the tail: a message group that already exists keeps its head. */
  append(queue: QueueEntry, groupKey: string, seq: number): void {
    const { changes } = this.statements
      .get(
        `INSERT INTO fifo_groups (bucket_id, group_key, head_seq, blocked) VALUES (?, ?, ?, 0)
         ON CONFLICT DO NOTHING`,
      )
      .run(queue.bucketId, groupKey, seq);
    if (changes > 0) this.ready(queue);
  }

  held({ bucketId }: QueueEntry, groupKey: string): MessageRow[] {
    return this.statements.rows(HELD_OF_GROUP).all(bucketId, groupKey).map(messageRow);
  }

  /** The message group whose turn it is, among those that are not blocked. */
  next({ bucketId }: QueueEntry): ReadyMessageGroup | undefined {
    this.flush();
    return this.statements
      .get(
        `SELECT group_key AS groupKey, head_seq AS headSeq FROM fifo_groups
          WHERE bucket_id = ? AND blocked = 0 ORDER BY head_seq LIMIT 1`,
      )
      .get(bucketId) as ReadyMessageGroup | undefined;
  }

  /** Writes the new state of the message groups that were touched. */
  flush(): void {
    for (const { queue, groupKey } of this.touched.values()) this.refresh(queue, groupKey);
    this.touched.clear();
  }

  private refresh(queue: QueueEntry, groupKey: string): void {
    const { bucketId } = queue;
    const headSeq = this.statements
      .get('SELECT min(seq) FROM messages WHERE bucket_id = ? AND group_key = ?')
      .pluck()
      .get(bucketId, groupKey) as number | null;
    if (headSeq === null) {
      this.statements
        .get('DELETE FROM fifo_groups WHERE bucket_id = ? AND group_key = ?')
        .run(bucketId, groupKey);
      return;
    }
    const blocked = this.statements.get(IS_HELD).pluck().get(bucketId, groupKey) as number;
    this.statements
      .get(
        `INSERT INTO fifo_groups (bucket_id, group_key, head_seq, blocked) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET head_seq = excluded.head_seq, blocked = excluded.blocked`,
      )
      .run(bucketId, groupKey, headSeq, blocked);
    if (blocked === 0) this.ready(queue);
  }
}
