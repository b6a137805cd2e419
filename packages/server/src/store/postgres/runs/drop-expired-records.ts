import { JOB_KEPT_MS } from '../../../core/dead-letter-job.js';
import type { Pipeline } from '../pipeline.js';

/** Records whose window is over go a few at a time, with the groups that come by. */
const EXPIRED_PER_STEP = 2_000;

/** Recorded answers and deduplication ids. What another node removes just now is left to it. */
export function dropExpiredRecords(pipeline: Pipeline, nowMs: number): void {
  pipeline.send(
    `DELETE FROM millrace.dead_letter_jobs WHERE finished AND job_id IN (
       SELECT job_id FROM millrace.dead_letter_jobs WHERE started_at_ms < $1
        ORDER BY started_at_ms LIMIT ${EXPIRED_PER_STEP} FOR UPDATE SKIP LOCKED)`,
    [nowMs - JOB_KEPT_MS],
  );
  for (const table of ['idempotency', 'deduplications']) {
    pipeline.send(
      `DELETE FROM millrace.${table} WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM millrace.${table} WHERE expires_at_ms <= $1
          ORDER BY expires_at_ms LIMIT ${EXPIRED_PER_STEP} FOR UPDATE SKIP LOCKED))`,
      [nowMs],
    );
  }
}
