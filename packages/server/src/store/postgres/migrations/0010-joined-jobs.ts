/**
 * A redrive or purge joins the same job if that is not finished, also if two nodes begin it at once.
 * Jobs from before this migration have no `since`, so nothing joins them.
 */
export const joinedJobs = `
ALTER TABLE millrace.dead_letter_jobs ADD COLUMN since_ms bigint;
CREATE UNIQUE INDEX dead_letter_jobs_under_way
  ON millrace.dead_letter_jobs (queue_id, action, since_ms, coalesce(max_messages, -1))
  WHERE NOT finished;
`;
