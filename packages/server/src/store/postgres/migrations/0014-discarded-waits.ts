/**
 * The transactions that were under way when the sweep first found nothing in a discarded bucket: until
 * they are over, they may bring messages into it.
 */
export const discardedWaits = 'ALTER TABLE millrace.discarded_buckets ADD COLUMN waits_for text[]';
