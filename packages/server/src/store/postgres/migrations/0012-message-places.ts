/**
 * Places in the queues' order come from a sequence, so that no clock decides on them. It begins above
 * every place there is, and above those that the time would have led to within the next day, which
 * nodes of before may still give.
 */
export const messagePlaces = `
CREATE SEQUENCE millrace.message_places CACHE 1;
SELECT setval('millrace.message_places', greatest(
  floor((extract(epoch FROM clock_timestamp()) * 1000 - 1704067200000 + 86400000) * 4096)::bigint,
  (SELECT max(seq) FROM millrace.messages),
  (SELECT max(last_seq) FROM millrace.fifo_groups),
  (SELECT max(bound_seq) FROM millrace.dead_letter_jobs),
  1));
`;
