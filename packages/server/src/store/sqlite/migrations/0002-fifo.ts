/**
 * Each message group has a row: its next message and whether it is blocked, both derived from its
 * messages. Consume walks the message groups that are not blocked, never the messages behind a blocked
 * head. `group_key` is null in standard queues, so that these indexes cost them nothing.
 */
export const fifo = `
ALTER TABLE messages ADD COLUMN group_key TEXT;

CREATE INDEX messages_in_group ON messages (bucket_id, group_key, seq)
  WHERE group_key IS NOT NULL;
-- Those that block their group: leased, or delayed after a failure.
CREATE INDEX messages_held_in_group ON messages (bucket_id, group_key, seq)
  WHERE group_key IS NOT NULL AND state IN (1, 2);

CREATE TABLE fifo_groups (
  bucket_id INTEGER NOT NULL,
  group_key TEXT NOT NULL,
  head_seq INTEGER NOT NULL,
  blocked INTEGER NOT NULL,
  PRIMARY KEY (bucket_id, group_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX fifo_groups_ready ON fifo_groups (bucket_id, head_seq) WHERE blocked = 0;

CREATE TABLE deduplications (
  queue_id INTEGER NOT NULL,
  deduplication_id TEXT NOT NULL,
  message_id TEXT NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  PRIMARY KEY (queue_id, deduplication_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX deduplications_expiry ON deduplications (expires_at_ms);
`;
