/**
 * The same redrive or purge joins one that is not finished, also where two nodes begin it at once.
 * Jobs of before do not know their `since` and are joined by nobody.
 */
export const joinedJobs = `
ALTER TABLE millrace.dead_letter_jobs ADD COLUMN since_ms bigint;
CREATE UNIQUE INDEX dead_letter_jobs_under_way
  ON millrace.dead_letter_jobs (queue_id, action, since_ms, coalesce(max_messages, -1))
  WHERE NOT finished;
`;
