/**
 * Messages are stored in arrival order, whatever their queue: clustering them by queue would scatter
 * every write. The state of a message is separate from its body, so that leasing a large message does
 * not write the body again. A queue's messages are in its bucket, its dead letters in its dead bucket;
 * to empty either, the queue is given a new one. Bucket and queue ids are never reused.
 */
export const initial = `
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE buckets (
  id INTEGER PRIMARY KEY AUTOINCREMENT
) STRICT;

CREATE TABLE queues (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project TEXT NOT NULL,
  name TEXT NOT NULL,
  bucket_id INTEGER NOT NULL UNIQUE,
  dead_bucket_id INTEGER NOT NULL UNIQUE,
  type TEXT NOT NULL,
  dead_letter_queue_id INTEGER REFERENCES queues (id),
  max_retries INTEGER NOT NULL,
  message_retention_days INTEGER NOT NULL,
  visibility_timeout_default_ms INTEGER NOT NULL,
  enable_priority INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  UNIQUE (project, name)
) STRICT;

CREATE INDEX queues_by_dead_letter_queue ON queues (dead_letter_queue_id)
  WHERE dead_letter_queue_id IS NOT NULL;

CREATE TABLE queue_counters (
  queue_id INTEGER PRIMARY KEY,
  available INTEGER NOT NULL DEFAULT 0,
  leased INTEGER NOT NULL DEFAULT 0,
  delayed INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE project_counters (
  project TEXT PRIMARY KEY,
  messages INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Dead letters by the queue they came from and the bucket they lie in, so that they go from the
-- count at once when that bucket is discarded.
CREATE TABLE dead_counters (
  source_queue_id INTEGER NOT NULL,
  bucket_id INTEGER NOT NULL,
  dead INTEGER NOT NULL,
  PRIMARY KEY (source_queue_id, bucket_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX dead_counters_by_bucket ON dead_counters (bucket_id);

-- Buckets that no queue has any more, until their messages are swept.
CREATE TABLE discarded_buckets (
  bucket_id INTEGER PRIMARY KEY,
  discarded_at_ms INTEGER NOT NULL
) STRICT;

-- Redrives and purges of dead letters: their set is fixed by bound_seq, how far they are by the
-- place of the last message that they looked at.
CREATE TABLE dead_letter_jobs (
  job_id TEXT PRIMARY KEY,
  queue_id INTEGER NOT NULL,
  action TEXT NOT NULL,
  bound_seq INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  at_seq INTEGER NOT NULL,
  max_messages INTEGER,
  done INTEGER NOT NULL DEFAULT 0,
  finished INTEGER NOT NULL DEFAULT 0,
  started_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX dead_letter_jobs_unfinished ON dead_letter_jobs (job_id) WHERE finished = 0;

CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  bucket_id INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  rank INTEGER NOT NULL,
  state INTEGER NOT NULL,
  message_id TEXT NOT NULL,
  priority INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  enqueued_at_ms INTEGER NOT NULL,
  first_available_at_ms INTEGER NOT NULL,
  -- first_available_at_ms while the message is available, leased or dead, else null.
  live_since_ms INTEGER,
  -- When a lease or a delay ends, else null.
  due_at_ms INTEGER,
  leased_at_ms INTEGER,
  leased_by TEXT,
  lease_end INTEGER,
  receipt TEXT,
  delivery_count INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  group_id TEXT,
  deduplication_id TEXT,
  source_queue_id INTEGER,
  source_queue TEXT,
  dead_lettered_at_ms INTEGER,
  dead_letter_reason TEXT,
  last_error TEXT,
  failure_log TEXT
) STRICT;

CREATE INDEX messages_ready ON messages (bucket_id, rank DESC, seq) WHERE state = 0;
CREATE INDEX messages_live ON messages (bucket_id, live_since_ms);
CREATE INDEX messages_due ON messages (state, due_at_ms) WHERE due_at_ms IS NOT NULL;
CREATE INDEX messages_dead ON messages (source_queue_id, dead_lettered_at_ms, seq)
  WHERE source_queue_id IS NOT NULL;

CREATE TABLE bodies (
  id INTEGER PRIMARY KEY,
  payload TEXT NOT NULL,
  headers TEXT
) STRICT;

CREATE TABLE idempotency (
  project TEXT NOT NULL,
  capability TEXT NOT NULL,
  queue_id INTEGER NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  outcome TEXT NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  PRIMARY KEY (project, capability, queue_id, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_expiry ON idempotency (expires_at_ms);

-- What happened in a queue, minute by minute; rows older than two hours go as new ones come.
CREATE TABLE queue_history (
  queue_id INTEGER NOT NULL,
  minute INTEGER NOT NULL,
  depth INTEGER NOT NULL,
  published INTEGER NOT NULL,
  delivered INTEGER NOT NULL,
  acked INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  dead_lettered INTEGER NOT NULL,
  PRIMARY KEY (queue_id, minute)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
  key_id TEXT PRIMARY KEY,
  name TEXT,
  project TEXT NOT NULL,
  scopes TEXT NOT NULL,
  secret_hash TEXT NOT NULL UNIQUE,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER,
  revoked_at_ms INTEGER
) STRICT, WITHOUT ROWID;
`;
