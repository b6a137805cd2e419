import { DEDUPLICATION_MS, type Deduplications } from '../../core/fifo.js';
import type { GroupTransaction } from './transaction.js';

/** Those that are over go a few at a time, with the groups that come by. */
const EXPIRED_PER_STEP = 4_096;

export const deduplications = (tx: GroupTransaction): Deduplications => ({
  find: (queue, deduplicationId) =>
    tx
      .sql(
        `SELECT message_id FROM deduplications
          WHERE queue_id = ? AND deduplication_id = ? AND expires_at_ms > ?`,
      )
      .pluck()
      .get(queue.id, deduplicationId, tx.nowMs) as string | undefined,

  put: (queue, deduplicationId, messageId) => {
    tx.sql(
      `INSERT OR REPLACE INTO deduplications
         (queue_id, deduplication_id, message_id, expires_at_ms) VALUES (?, ?, ?, ?)`,
    ).run(queue.id, deduplicationId, messageId, tx.nowMs + DEDUPLICATION_MS);
  },
});

export function dropExpiredDeduplications(tx: GroupTransaction): void {
  tx.sql(
    `DELETE FROM deduplications WHERE (queue_id, deduplication_id) IN (
       SELECT queue_id, deduplication_id FROM deduplications
        WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ${EXPIRED_PER_STEP})`,
  ).run(tx.nowMs);
}
