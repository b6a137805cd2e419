import { createHash } from 'node:crypto';
import type { Command } from '../../../core/commands/commands.js';
import { deduplicationBytes } from '../../../core/limits/record-room.js';
import {
  DEDUPLICATION_MS,
  type Deduplications,
  deduplicationIdOf,
} from '../../../core/queue/fifo.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { escapeNul } from '../driver/escaped-nul.js';
import { rowOf } from '../driver/index-joins.js';
import type { PostgresTransaction } from './transaction.js';

const KEY = ['queue_id', 'deduplication_id'] as const;

interface Row {
  readonly queueId: number;
  readonly id: string;
  readonly messageId: string;
}

/**
 * The deduplication ids of a commit group's publishes: those remembered, which are read before any
 * decision, and those that it adds.
 */
export class MessageDeduplications implements Deduplications {
  private readonly known = new Map<string, string>();
  /** Ids that have expired but still exist. */
  private readonly over = new Set<string>();
  private readonly added = new Map<string, Row & { readonly project: string }>();

  constructor(private readonly tx: PostgresTransaction) {}

  async load(commands: readonly Command[]): Promise<void> {
    const wanted = new Map<string, { queueId: number; id: string }>();
    for (const command of commands) {
      const queue = 'queue' in command ? this.tx.queue(command.project, command.queue) : undefined;
      if (command.kind !== 'publish' || queue?.type !== 'fifo') continue;
      for (const message of command.messages) {
        const id = deduplicationIdOf(command, message);
        if (id !== null) wanted.set(keyOf(queue.id, id), { queueId: queue.id, id });
      }
    }
    if (wanted.size === 0) return;
    // A publish whose id another transaction is publishing waits for it, and then finds the id.
    this.tx.pipeline.send('SELECT pg_advisory_xact_lock(k) FROM unnest($1::bigint[]) AS k', [
      lockKeys([...wanted.keys()]),
    ]);
    const rows = await this.tx.pipeline.query<Row & { isOver: boolean }>(
      `SELECT d.queue_id AS "queueId", d.deduplication_id AS id, d.message_id AS "messageId",
         d.expires_at_ms <= $3 AS "isOver"
         FROM unnest($1::bigint[], $2::text[]) AS w(${KEY.join(', ')})
        CROSS JOIN ${rowOf('deduplications', 'w', KEY, 't.*', 'FOR UPDATE')} AS d`,
      [
        [...wanted.values()].map(({ queueId }) => queueId),
        [...wanted.values()].map(({ id }) => id),
        this.tx.nowMs,
      ],
    );
    await this.tx.hearTime();
    for (const { queueId, id, messageId, isOver } of rows) {
      const key = keyOf(queueId, id);
      if (isOver) this.over.add(key);
      else this.known.set(key, messageId);
    }
  }

  find(queue: QueueEntry, deduplicationId: string): string | undefined {
    const key = keyOf(queue.id, deduplicationId);
    return this.added.get(key)?.messageId ?? this.known.get(key);
  }

  put(queue: QueueEntry, id: string, messageId: string): void {
    const key = keyOf(queue.id, id);
    this.tx.remembered += 1;
    this.added.set(key, { queueId: queue.id, project: queue.project, id, messageId });
    // The expired row already counts the bytes of the new one.
    if (this.over.has(key)) return;
    this.tx.usage.count(queue.project, 0, deduplicationBytes(escapeNul(id)));
  }

  flush(): void {
    const rows = [...this.added.values()];
    if (rows.length === 0) return;
    this.tx.pipeline.send(
      `INSERT INTO millrace.deduplications
         (queue_id, project, deduplication_id, message_id, expires_at_ms)
       SELECT *, $5::bigint FROM unnest($1::bigint[], $2::text[], $3::text[], $4::uuid[])
       ON CONFLICT (queue_id, deduplication_id) DO UPDATE SET message_id = excluded.message_id,
         expires_at_ms = excluded.expires_at_ms`,
      [
        rows.map(({ queueId }) => queueId),
        rows.map(({ project }) => project),
        rows.map(({ id }) => id),
        rows.map(({ messageId }) => messageId),
        this.tx.nowMs + DEDUPLICATION_MS,
      ],
    );
  }
}

const keyOf = (queueId: number, id: string): string => `${queueId}\n${id}`;

/**
 * How many locks the ids are spread over. A large batch has an id for each message, and the database's
 * lock table is small; two ids that share a lock only wait for each other.
 */
const LOCKS = 1_024;
/** Keeps these locks separate from those of idempotency keys. */
const LOCK_SPACE = 7_235_438_202n;

const lockKeys = (keys: readonly string[]): string[] =>
  [...new Set(keys.map((key) => createHash('sha256').update(key).digest().readUInt32BE(0) % LOCKS))]
    .sort((a, b) => a - b)
    .map((lock) => String(LOCK_SPACE * BigInt(LOCKS) + BigInt(lock)));
