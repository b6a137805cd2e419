import type { QueueColumns } from '../../../core/queue/queue-settings.js';
import type { StoredConsumers } from '../../../core/store/queue-consumers.js';
import type { QueueCounts } from '../../../core/store/store.js';
import type { OldestKnown } from '../tuning/oldest-known.js';
import { CONSUMER_COLUMNS, consumersIn } from './consumers.js';

/** How many index entries this transaction has walked past; only differences mean anything. */
const WALKED = "pg_stat_get_xact_tuples_returned('millrace.messages_live'::regclass)";

/**
 * Counts and age of each queue in one statement, so that they show the same moment. The oldest message
 * is searched for only where there is one. PostgreSQL evaluates the columns of a row from left to right.
 *
 * @param known the parameter that contains the buckets whose oldest message is known
 */
export const countColumns = (known: string): string => `q.bucket_id AS "bucketId",
  (SELECT coalesce(sum(c.available), 0)::bigint FROM millrace.queue_counters c
    WHERE c.bucket_id = q.bucket_id) AS available,
  (SELECT coalesce(sum(c.leased), 0)::bigint FROM millrace.queue_counters c
    WHERE c.bucket_id = q.bucket_id) AS leased,
  (SELECT coalesce(sum(c.delayed), 0)::bigint FROM millrace.queue_counters c
    WHERE c.bucket_id = q.bucket_id) AS delayed,
  (SELECT coalesce(sum(c.dead), 0)::bigint FROM millrace.dead_counters c
    WHERE c.source_queue_id = q.id AND NOT EXISTS (
      SELECT 1 FROM millrace.discarded_buckets x WHERE x.bucket_id = c.bucket_id OFFSET 0)) AS dead,
  ${WALKED} AS "walkedBefore",
  CASE WHEN q.bucket_id <> ALL (${known}::bigint[])
      AND (SELECT sum(c.available + c.leased) FROM millrace.queue_counters c
        WHERE c.bucket_id = q.bucket_id) > 0
    THEN (SELECT min(m.live_since_ms) FROM millrace.messages m
      WHERE m.bucket_id = q.bucket_id AND m.live_since_ms IS NOT NULL) END AS "oldestAtMs",
  ${WALKED} AS "walkedAfter", ${CONSUMER_COLUMNS}`;

export interface CountsRow extends StoredConsumers {
  readonly bucketId: number;
  readonly available: number;
  readonly leased: number;
  readonly delayed: number;
  readonly dead: number;
  readonly walkedBefore: number;
  readonly oldestAtMs: number | null;
  readonly walkedAfter: number;
}

export function withoutCounts(row: QueueColumns & CountsRow): QueueColumns {
  const {
    available: _available,
    leased: _leased,
    delayed: _delayed,
    dead: _dead,
    walkedBefore: _before,
    oldestAtMs: _oldest,
    walkedAfter: _after,
    waitingElsewhere: _waiting,
    lastFetchAtMs: _at,
    lastFetchKeyId: _key,
    queueCreatedAtMs: _created,
    ...columns
  } = row;
  return columns;
}

/** Turns rows into the counts of an answer. */
export function countsReader(oldest: OldestKnown, nowMs: number) {
  const known = oldest.current();
  const oldestOf = (row: CountsRow): number | null => {
    const { bucketId, oldestAtMs } = row;
    if (row.available + row.leased === 0) return null;
    if (known.has(bucketId)) return known.get(bucketId) ?? null;
    oldest.found(bucketId, oldestAtMs, row.walkedAfter - row.walkedBefore);
    return oldestAtMs;
  };
  const countsOf = (row: CountsRow): QueueCounts => {
    const oldestAtMs = oldestOf(row);
    return {
      available: row.available,
      inFlight: row.leased,
      delayed: row.delayed,
      dlq: row.dead,
      oldestAtMs: oldestAtMs === null ? null : Math.min(oldestAtMs, nowMs),
      consumers: consumersIn(row),
    };
  };
  return { knownBuckets: [...known.keys()], countsOf };
}
