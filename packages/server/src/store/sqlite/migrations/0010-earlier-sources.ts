/** A dead letter that died again in the queue that kept it remembers what it was there. */
export const earlierSources = 'ALTER TABLE messages ADD COLUMN earlier_sources TEXT';
