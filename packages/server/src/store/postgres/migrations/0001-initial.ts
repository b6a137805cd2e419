/**
 * Every key of queue data starts with the bucket of its queue, so that a sharded PostgreSQL can keep a
 * queue on one shard. A message's payload is stored in its row: PostgreSQL stores large values out of
 * line and does not copy them when the row changes.
 *
 * Rows are short-lived and change often: pages keep room for new versions, and autovacuum starts early
 * and does not pause.
 */
export const initial = `
CREATE SEQUENCE millrace.ids;

CREATE TABLE millrace.queues (
  id bigint PRIMARY KEY DEFAULT nextval('millrace.ids'),
  project text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  bucket_id bigint NOT NULL UNIQUE DEFAULT nextval('millrace.ids'),
  dead_bucket_id bigint NOT NULL UNIQUE DEFAULT nextval('millrace.ids'),
  type text NOT NULL,
  dead_letter_queue_id bigint REFERENCES millrace.queues (id),
  max_retries integer NOT NULL,
  message_retention_days integer NOT NULL,
  visibility_timeout_default_ms bigint NOT NULL,
  enable_priority boolean NOT NULL,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL,
  UNIQUE (project, name)
);

CREATE INDEX queues_by_dead_letter_queue ON millrace.queues (dead_letter_queue_id)
  WHERE dead_letter_queue_id IS NOT NULL;

-- What a queue holds is the sum over slots: a connection has one, so that none waits for another.
CREATE TABLE millrace.queue_counters (
  bucket_id bigint NOT NULL,
  slot smallint NOT NULL,
  available bigint NOT NULL DEFAULT 0,
  leased bigint NOT NULL DEFAULT 0,
  delayed bigint NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (bucket_id, slot)
) WITH (fillfactor = 40, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0,
        autovacuum_vacuum_cost_delay = 0);

-- Dead letters by the queue they came from and the bucket they lie in, so that they go from the
-- count at once when that bucket is discarded.
CREATE TABLE millrace.dead_counters (
  source_queue_id bigint NOT NULL,
  bucket_id bigint NOT NULL,
  slot smallint NOT NULL,
  dead bigint NOT NULL,
  PRIMARY KEY (source_queue_id, bucket_id, slot)
) WITH (fillfactor = 40);

CREATE INDEX dead_counters_by_bucket ON millrace.dead_counters (bucket_id);

-- Buckets that no queue has any more, until their messages are swept.
CREATE TABLE millrace.discarded_buckets (
  bucket_id bigint PRIMARY KEY,
  discarded_at_ms bigint NOT NULL
);

-- Redrives and purges of dead letters: their set is fixed by bound_seq, how far they are by the
-- place of the last message that they looked at.
CREATE TABLE millrace.dead_letter_jobs (
  job_id uuid PRIMARY KEY,
  queue_id bigint NOT NULL,
  action text NOT NULL,
  bound_seq bigint NOT NULL,
  at_ms bigint NOT NULL,
  at_seq bigint NOT NULL,
  max_messages bigint,
  done bigint NOT NULL DEFAULT 0,
  finished boolean NOT NULL DEFAULT false,
  started_at_ms bigint NOT NULL
);

CREATE INDEX dead_letter_jobs_unfinished ON millrace.dead_letter_jobs (job_id) WHERE NOT finished;

CREATE TABLE millrace.messages (
  bucket_id bigint NOT NULL,
  message_id uuid NOT NULL,
  seq bigint NOT NULL,
  rank smallint NOT NULL,
  state smallint NOT NULL,
  priority smallint NOT NULL,
  enqueued_at_ms bigint NOT NULL,
  first_available_at_ms bigint NOT NULL,
  live_since_ms bigint,
  due_at_ms bigint,
  leased_at_ms bigint,
  leased_by text,
  lease_end smallint,
  receipt text,
  delivery_count integer NOT NULL DEFAULT 0,
  failures integer NOT NULL DEFAULT 0,
  group_id text,
  deduplication_id text,
  source_queue_id bigint,
  source_queue text,
  dead_lettered_at_ms bigint,
  dead_letter_reason text,
  last_error text,
  failure_log text,
  headers text,
  bytes integer NOT NULL,
  payload text NOT NULL,
  PRIMARY KEY (bucket_id, message_id)
) WITH (fillfactor = 70, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_scale_factor = 0.02,
        autovacuum_vacuum_insert_threshold = 200000, autovacuum_analyze_threshold = 5000,
        autovacuum_vacuum_cost_delay = 0);

CREATE INDEX messages_ready ON millrace.messages (bucket_id, rank DESC, seq) WHERE state = 0;
CREATE INDEX messages_live ON millrace.messages (bucket_id, live_since_ms)
  WHERE live_since_ms IS NOT NULL;
CREATE INDEX messages_dead ON millrace.messages (source_queue_id, dead_lettered_at_ms, seq)
  WHERE source_queue_id IS NOT NULL;
-- Not a key: what is due is due in whichever bucket.
CREATE INDEX messages_due ON millrace.messages (state, due_at_ms) WHERE due_at_ms IS NOT NULL;

CREATE TABLE millrace.idempotency (
  project text NOT NULL,
  capability text NOT NULL,
  queue_id bigint NOT NULL,
  key text NOT NULL,
  fingerprint text NOT NULL,
  outcome text NOT NULL,
  expires_at_ms bigint NOT NULL,
  PRIMARY KEY (queue_id, project, capability, key)
) WITH (autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX idempotency_expiry ON millrace.idempotency (expires_at_ms);

-- What happened in a queue, minute by minute; rows older than two hours go as new ones come.
CREATE TABLE millrace.queue_history (
  queue_id bigint NOT NULL,
  minute bigint NOT NULL,
  depth bigint NOT NULL,
  published bigint NOT NULL,
  delivered bigint NOT NULL,
  acked bigint NOT NULL,
  failed bigint NOT NULL,
  dead_lettered bigint NOT NULL,
  PRIMARY KEY (queue_id, minute)
) WITH (fillfactor = 60);

CREATE TABLE millrace.api_keys (
  key_id text COLLATE "C" PRIMARY KEY,
  name text,
  project text NOT NULL,
  scopes text NOT NULL,
  secret_hash text NOT NULL UNIQUE,
  created_at_ms bigint NOT NULL,
  expires_at_ms bigint,
  revoked_at_ms bigint
);
`;
