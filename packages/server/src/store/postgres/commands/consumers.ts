import type { OutcomeOf, RecordConsumersCommand } from '../../../core/commands/commands.js';
import { WAITS_COUNT_FOR_MS } from '../../../core/store/queue-consumers.js';
import { rowOf } from '../driver/index-joins.js';
import type { CommitGroup } from '../transaction/commit-group.js';

/**
 * Each node has rows of its own, so that no node waits for another. What was noted before the queue was
 * created concerns another one, which had the same name.
 */
export async function recordConsumers(
  { tx }: CommitGroup,
  { nodeId, consumers }: RecordConsumersCommand,
): Promise<OutcomeOf['recordConsumers']> {
  const rows = await tx.pipeline.query<{ queueId: number; lastFetchAtMs: number }>(
    `INSERT INTO millrace.queue_consumers
       (queue_id, node_id, waiting, last_fetch_at_ms, last_fetch_key_id, recorded_at_ms)
     SELECT q.id, $1::text, u.waiting, u.at_ms, u.key_id, $7::bigint
       FROM unnest($2::text[], $3::text[], $4::integer[], $5::bigint[], $6::text[])
         AS u(project, name, waiting, at_ms, key_id)
      CROSS JOIN ${rowOf('queues', 'u', ['project', 'name'], 't.id, t.created_at_ms')} AS q
      WHERE q.created_at_ms <= u.at_ms
     ON CONFLICT (queue_id, node_id) DO UPDATE SET waiting = excluded.waiting,
       last_fetch_at_ms = excluded.last_fetch_at_ms,
       last_fetch_key_id = excluded.last_fetch_key_id, recorded_at_ms = excluded.recorded_at_ms
     RETURNING queue_id AS "queueId", last_fetch_at_ms AS "lastFetchAtMs"`,
    [
      nodeId,
      consumers.map(({ project }) => project),
      consumers.map(({ queue }) => queue),
      consumers.map(({ waiting }) => waiting),
      consumers.map(({ lastFetchAtMs }) => lastFetchAtMs),
      consumers.map(({ lastFetchKeyId }) => lastFetchKeyId),
      tx.nowMs,
    ],
  );
  tx.pipeline.send(FORGET_DEAD_NODES, [
    rows.map(({ queueId }) => queueId),
    rows.map(({ lastFetchAtMs }) => lastFetchAtMs),
    nodeId,
    tx.nowMs - WAITS_COUNT_FOR_MS,
  ]);
  return { recorded: rows.length };
}

/** Of nodes that no longer record, unless their fetch is the last one. */
const FORGET_DEAD_NODES = `
  DELETE FROM millrace.queue_consumers WHERE ctid = ANY (ARRAY(
    SELECT dead.tid FROM unnest($1::bigint[], $2::bigint[]) AS u(queue_id, at_ms)
     CROSS JOIN LATERAL (
       SELECT c.ctid AS tid FROM millrace.queue_consumers c
        WHERE c.queue_id = u.queue_id AND c.node_id <> $3 AND c.recorded_at_ms <= $4
          AND c.last_fetch_at_ms <= u.at_ms
       OFFSET 0 FOR UPDATE SKIP LOCKED) AS dead))`;
