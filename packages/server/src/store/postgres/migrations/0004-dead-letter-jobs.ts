/**
 * Finished jobs are removed once no idempotency key can refer to them. Two nodes may give two messages
 * the same seq, so the position of a job includes the id of its last message.
 */
export const deadLetterJobs = `
ALTER TABLE millrace.dead_letter_jobs
  ADD COLUMN at_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';

CREATE INDEX dead_letter_jobs_by_queue ON millrace.dead_letter_jobs (queue_id);
CREATE INDEX dead_letter_jobs_by_start ON millrace.dead_letter_jobs (started_at_ms);
`;
