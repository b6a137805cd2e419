import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import type { StoredConsumers } from '../../../core/store/queue-consumers.js';
import { WAITS_COUNT_FOR_MS } from '../../../core/store/queue-consumers.js';
import type { Statements } from '../driver/statements.js';

/** @param nodeId the node whose own waits are left out */
export function readConsumers(
  statements: Statements,
  { id, createdAtMs }: QueueEntry,
  nowMs: number,
  nodeId = '',
): StoredConsumers {
  // With max(), SQLite takes the other columns from the row that has the maximum.
  const row = statements
    .get(
      `SELECT max(last_fetch_at_ms) AS lastFetchAtMs, last_fetch_key_id AS lastFetchKeyId,
         coalesce(sum(waiting) FILTER (WHERE node_id <> ? AND recorded_at_ms > ?), 0)
           AS waitingElsewhere
         FROM queue_consumers WHERE queue_id = ?`,
    )
    .get(nodeId, nowMs - WAITS_COUNT_FOR_MS, id) as Omit<StoredConsumers, 'queueCreatedAtMs'>;
  return { ...row, queueCreatedAtMs: createdAtMs };
}
