/**
 * The same redrive or purge joins one that is not finished. Jobs of before do not know their `since`
 * and are joined by nobody.
 */
export const joinedJobs = `
ALTER TABLE dead_letter_jobs ADD COLUMN since_ms INTEGER;
CREATE UNIQUE INDEX dead_letter_jobs_under_way
  ON dead_letter_jobs (queue_id, action, since_ms, ifnull(max_messages, -1)) WHERE finished = 0;
`;
