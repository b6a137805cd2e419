/**
 * Nacks and leases that ran out count apart from now on. The failures that messages have had were
 * bounded by max_retries, which is the budget of nacks; queues that are there keep the number that
 * they had for both.
 */
export const twoBudgets = `
ALTER TABLE millrace.queues ADD COLUMN max_expired_leases integer;
ALTER TABLE millrace.queues ADD COLUMN follows_max_retries boolean NOT NULL DEFAULT true;
ALTER TABLE millrace.messages RENAME COLUMN failures TO nacks;
ALTER TABLE millrace.messages ADD COLUMN expired_leases integer NOT NULL DEFAULT 0;
`;
