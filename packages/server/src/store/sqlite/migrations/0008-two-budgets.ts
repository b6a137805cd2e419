/**
 * Nacks and leases that ran out count apart from now on. The failures that messages have had were
 * bounded by max_retries, which is the budget of nacks; queues that are there keep the number that
 * they had for both.
 */
export const twoBudgets = `
ALTER TABLE queues ADD COLUMN max_expired_leases INTEGER;
ALTER TABLE queues ADD COLUMN follows_max_retries INTEGER NOT NULL DEFAULT 1;
ALTER TABLE messages RENAME COLUMN failures TO nacks;
ALTER TABLE messages ADD COLUMN expired_leases INTEGER NOT NULL DEFAULT 0;
`;
