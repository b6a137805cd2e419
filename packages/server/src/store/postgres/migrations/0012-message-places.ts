/**
 * Seqs come from a sequence, so that they do not depend on a clock. It begins above every existing seq,
 * and above those that nodes of an older version, which derive them from the time, may still give within
 * the next day.
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
