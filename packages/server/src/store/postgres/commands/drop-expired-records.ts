import { JOB_KEPT_MS } from '../../../core/dead-letters/dead-letter-job.js';
import { deduplicationBytes, RECORD_OVERHEAD_BYTES } from '../../../core/limits/record-room.js';
import { sum } from '../../../core/sum.js';
import type { PostgresTransaction } from '../transaction/transaction.js';

/** The same sizes as `recordBytes` and `deduplicationBytes`. */
const BYTES = {
  idempotency: `${RECORD_OVERHEAD_BYTES} + octet_length(key) + octet_length(fingerprint)
    + octet_length(outcome)`,
  deduplications: `${deduplicationBytes('')} + octet_length(deduplication_id)`,
};

/**
 * Removes expired answers and deduplication ids, and old jobs. Rows that another node is removing are
 * skipped.
 *
 * @returns whether there may be more
 */
export async function dropExpiredRecords(tx: PostgresTransaction, limit: number): Promise<boolean> {
  const { pipeline, nowMs, usage } = tx;
  const jobs = pipeline.query(
    `DELETE FROM millrace.dead_letter_jobs WHERE finished AND ctid = ANY (ARRAY(
       SELECT ctid FROM millrace.dead_letter_jobs WHERE started_at_ms < $1
        ORDER BY started_at_ms LIMIT $2 FOR UPDATE SKIP LOCKED))
     RETURNING 1`,
    [nowMs - JOB_KEPT_MS, limit],
  );
  const dropped = Object.entries(BYTES).map(([table, bytes]) =>
    pipeline.query<{ project: string; bytes: number; records: number }>(
      `WITH gone AS (
         DELETE FROM millrace.${table} WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM millrace.${table} WHERE expires_at_ms <= $1
            ORDER BY expires_at_ms LIMIT $2 FOR UPDATE SKIP LOCKED))
         RETURNING project, ${bytes} AS bytes)
       SELECT project, sum(bytes)::bigint AS bytes, count(*) AS records FROM gone GROUP BY project`,
      [nowMs, limit],
    ),
  );
  const [goneJobs, ...goneRecords] = await Promise.all([jobs, ...dropped]);
  let hasMore = goneJobs.length === limit;
  for (const rows of goneRecords) {
    for (const { project, bytes } of rows) usage.count(project, 0, -bytes);
    hasMore ||= sum(rows.map(({ records }) => records)) === limit;
  }
  return hasMore;
}
