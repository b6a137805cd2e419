/**
 * Nacks and leases that ran out are counted separately from now on. So far max_retries limited all
 * failures of a message; now it limits nacks. Existing queues use their number for both.
 */
export const twoBudgets = `
ALTER TABLE queues ADD COLUMN max_expired_leases INTEGER;
ALTER TABLE queues ADD COLUMN follows_max_retries INTEGER NOT NULL DEFAULT 1;
ALTER TABLE messages RENAME COLUMN failures TO nacks;
ALTER TABLE messages ADD COLUMN expired_leases INTEGER NOT NULL DEFAULT 0;
`;
