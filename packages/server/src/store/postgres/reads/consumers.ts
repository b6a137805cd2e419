import type { StoredConsumers } from '../../../core/store/queue-consumers.js';
import { WAITS_COUNT_FOR_MS } from '../../../core/store/queue-consumers.js';

/** The columns of `consumersFrom`, to be turned into an answer by `consumersIn`. */
export const CONSUMER_COLUMNS = `f."waitingElsewhere", f."lastFetchAtMs", f."lastFetchKeyId",
  q.created_at_ms AS "queueCreatedAtMs"`;

/**
 * Joins each queue `q` with what nodes have recorded of its consumers: always one row.
 *
 * @param nodeId the parameter with the node whose own waits are left out
 * @param sinceMs the parameter with the time from which on records of waits count
 */
export const consumersFrom = (nodeId: string, sinceMs: string): string => `CROSS JOIN LATERAL (
  SELECT coalesce(sum(c.waiting) FILTER (
      WHERE c.node_id <> ${nodeId}::text AND c.recorded_at_ms > ${sinceMs}::bigint), 0)::bigint
      AS "waitingElsewhere",
    max(c.last_fetch_at_ms) AS "lastFetchAtMs",
    (array_agg(c.last_fetch_key_id ORDER BY c.last_fetch_at_ms DESC))[1] AS "lastFetchKeyId"
    FROM millrace.queue_consumers c WHERE c.queue_id = q.id) AS f`;

/** The values of the two parameters. */
export const consumersParameters = (nodeId: string | undefined, nowMs: number) =>
  [nodeId ?? '', nowMs - WAITS_COUNT_FOR_MS] as const;

export const consumersIn = (row: StoredConsumers): StoredConsumers => ({
  waitingElsewhere: row.waitingElsewhere,
  lastFetchAtMs: row.lastFetchAtMs,
  lastFetchKeyId: row.lastFetchKeyId,
  queueCreatedAtMs: row.queueCreatedAtMs,
});
