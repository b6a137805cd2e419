/**
 * The transactions that were under way when the sweep first found a discarded bucket empty: until they
 * end, they may bring messages into it.
 */
export const discardedWaits = 'ALTER TABLE millrace.discarded_buckets ADD COLUMN waits_for text[]';
