import { deduplicationBytes } from '../../../core/limits/record-room.js';
import { DEDUPLICATION_MS, type Deduplications } from '../../../core/queue/fifo.js';
import type { SqliteTransaction } from './transaction.js';

export const deduplications = (tx: SqliteTransaction): Deduplications => ({
  find: (queue, deduplicationId) =>
    tx
      .sql(
        `SELECT message_id FROM deduplications
          WHERE queue_id = ? AND deduplication_id = ? AND expires_at_ms > ?`,
      )
      .pluck()
      .get(queue.id, deduplicationId, tx.nowMs) as string | undefined,

  put: (queue, deduplicationId, messageId) => {
    const untilMs = tx.nowMs + DEDUPLICATION_MS;
    tx.remembered += 1;
    // An expired row may still exist; it already counts the bytes of the new one.
    const { changes } = tx
      .sql(
        `UPDATE deduplications SET message_id = ?, expires_at_ms = ?
          WHERE queue_id = ? AND deduplication_id = ?`,
      )
      .run(messageId, untilMs, queue.id, deduplicationId);
    if (changes > 0) return;
    tx.sql(
      `INSERT INTO deduplications
         (queue_id, project, deduplication_id, message_id, expires_at_ms) VALUES (?, ?, ?, ?, ?)`,
    ).run(queue.id, queue.project, deduplicationId, messageId, untilMs);
    tx.usage.count(queue.project, 0, deduplicationBytes(deduplicationId));
  },
});

/** @returns whether there may be more */
export function dropExpiredDeduplications(tx: SqliteTransaction, limit: number): boolean {
  const dropped = tx
    .sql(
      `DELETE FROM deduplications WHERE (queue_id, deduplication_id) IN (
         SELECT queue_id, deduplication_id FROM deduplications
          WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?)
       RETURNING project, deduplication_id AS id`,
    )
    .all(tx.nowMs, limit) as { project: string; id: string }[];
  for (const { project, id } of dropped) tx.usage.count(project, 0, -deduplicationBytes(id));
  return dropped.length === limit;
}
