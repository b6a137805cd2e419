/**
 * Nacks and leases that ran out are counted separately from now on. So far max_retries limited all
 * failures of a message; now it limits nacks. Existing queues use their number for both.
 */
export const twoBudgets = `
ALTER TABLE millrace.queues ADD COLUMN max_expired_leases integer;
ALTER TABLE millrace.queues ADD COLUMN follows_max_retries boolean NOT NULL DEFAULT true;
ALTER TABLE millrace.messages RENAME COLUMN failures TO nacks;
ALTER TABLE millrace.messages ADD COLUMN expired_leases integer NOT NULL DEFAULT 0;
`;
