/** Finished jobs are removed once no idempotency key can refer to them. */
export const deadLetterJobs = `
CREATE INDEX dead_letter_jobs_by_queue ON dead_letter_jobs (queue_id);
CREATE INDEX dead_letter_jobs_by_start ON dead_letter_jobs (started_at_ms);
`;
