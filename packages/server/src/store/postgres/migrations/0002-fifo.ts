/**
 * Each message group has a row: its next message and whether it is blocked, both derived from its
 * messages. A transaction that changes messages of a message group locks its row, so that no second node
 * takes a message while the one before it is being claimed. `last_seq` keeps seqs growing in the order
 * of commits, whichever node publishes.
 *
 * `group_key` is null in standard queues, so that these indexes cost them nothing.
 */
export const fifo = `
ALTER TABLE millrace.messages ADD COLUMN group_key text COLLATE "C";

CREATE INDEX messages_in_group ON millrace.messages (bucket_id, group_key, seq)
  WHERE group_key IS NOT NULL;
-- Those that block their group: leased, or delayed after a failure.
CREATE INDEX messages_held_in_group ON millrace.messages (bucket_id, group_key, seq)
  WHERE group_key IS NOT NULL AND state IN (1, 2);

-- What ends in a group is settled under the lock of the group, so it is looked for apart.
DROP INDEX millrace.messages_due;
CREATE INDEX messages_due ON millrace.messages (state, due_at_ms)
  WHERE due_at_ms IS NOT NULL AND group_key IS NULL;
CREATE INDEX messages_due_in_groups ON millrace.messages (state, due_at_ms)
  WHERE due_at_ms IS NOT NULL AND group_key IS NOT NULL;

-- What became available otherwise than by a publish, at whichever place: see scan-watermarks.ts.
CREATE INDEX messages_returned ON millrace.messages (bucket_id, rank DESC, seq)
  WHERE state = 0 AND (leased_at_ms IS NOT NULL OR first_available_at_ms > enqueued_at_ms);

CREATE TABLE millrace.fifo_groups (
  bucket_id bigint NOT NULL,
  group_key text COLLATE "C" NOT NULL,
  head_seq bigint NOT NULL,
  last_seq bigint NOT NULL,
  blocked boolean NOT NULL DEFAULT false,
  PRIMARY KEY (bucket_id, group_key)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_scale_factor = 0.02,
        autovacuum_vacuum_cost_delay = 0);

CREATE INDEX fifo_groups_ready ON millrace.fifo_groups (bucket_id, head_seq) WHERE NOT blocked;

CREATE TABLE millrace.deduplications (
  queue_id bigint NOT NULL,
  deduplication_id text COLLATE "C" NOT NULL,
  message_id uuid NOT NULL,
  expires_at_ms bigint NOT NULL,
  PRIMARY KEY (queue_id, deduplication_id)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX deduplications_expiry ON millrace.deduplications (expires_at_ms);
`;
