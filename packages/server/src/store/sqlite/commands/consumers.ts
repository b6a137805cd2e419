import type { OutcomeOf, RecordConsumersCommand } from '../../../core/commands/commands.js';
import { WAITS_COUNT_FOR_MS } from '../../../core/store/queue-consumers.js';
import type { SqliteTransaction } from '../transaction/transaction.js';

/** What was noted before the queue was created concerns another one, which had the same name. */
export function recordConsumers(
  tx: SqliteTransaction,
  { nodeId, consumers }: RecordConsumersCommand,
): OutcomeOf['recordConsumers'] {
  const record = tx.sql(
    `INSERT INTO queue_consumers
       (queue_id, node_id, waiting, last_fetch_at_ms, last_fetch_key_id, recorded_at_ms)
     VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET waiting = excluded.waiting,
       last_fetch_at_ms = excluded.last_fetch_at_ms,
       last_fetch_key_id = excluded.last_fetch_key_id, recorded_at_ms = excluded.recorded_at_ms`,
  );
  const forgetDeadNodes = tx.sql(
    `DELETE FROM queue_consumers WHERE queue_id = ? AND node_id <> ? AND recorded_at_ms <= ?
       AND last_fetch_at_ms <= ?`,
  );
  let recorded = 0;
  for (const { project, queue: name, waiting, lastFetchAtMs, lastFetchKeyId } of consumers) {
    const queue = tx.queue(project, name);
    if (queue === undefined || lastFetchAtMs < queue.createdAtMs) continue;
    record.run(queue.id, nodeId, waiting, lastFetchAtMs, lastFetchKeyId, tx.nowMs);
    forgetDeadNodes.run(queue.id, nodeId, tx.nowMs - WAITS_COUNT_FOR_MS, lastFetchAtMs);
    recorded += 1;
  }
  return { recorded };
}
