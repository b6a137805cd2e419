/** A dead letter that failed again in its dead-letter queue keeps its earlier sources. */
export const earlierSources = 'ALTER TABLE messages ADD COLUMN earlier_sources TEXT';
