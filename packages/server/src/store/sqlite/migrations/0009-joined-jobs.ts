/**
 * A redrive or purge joins the same job if that is not finished. Jobs from before this migration have no
 * `since`, so nothing joins them.
 */
export const joinedJobs = `
ALTER TABLE dead_letter_jobs ADD COLUMN since_ms INTEGER;
CREATE UNIQUE INDEX dead_letter_jobs_under_way
  ON dead_letter_jobs (queue_id, action, since_ms, ifnull(max_messages, -1)) WHERE finished = 0;
`;
