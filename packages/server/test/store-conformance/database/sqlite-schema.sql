CREATE TABLE api_keys (
 key_id TEXT PRIMARY KEY,
 name TEXT,
 project TEXT NOT NULL,
 scopes TEXT NOT NULL,
 secret_hash TEXT NOT NULL UNIQUE,
 created_at_ms INTEGER NOT NULL,
 expires_at_ms INTEGER,
 revoked_at_ms INTEGER
, last_used_at_ms INTEGER, ended_at_ms INTEGER) STRICT, WITHOUT ROWID;

CREATE TABLE audit_log (
 at_ms INTEGER NOT NULL,
 request_id TEXT NOT NULL,
 refused INTEGER NOT NULL,
 action TEXT NOT NULL,
 code TEXT,
 key_id TEXT,
 project TEXT,
 target TEXT,
 address TEXT NOT NULL,
 count INTEGER NOT NULL,
 PRIMARY KEY (at_ms, request_id, refused)
) STRICT, WITHOUT ROWID;

CREATE TABLE bodies (
 id INTEGER PRIMARY KEY,
 payload TEXT NOT NULL,
 headers TEXT
) STRICT;

CREATE TABLE buckets (
 id INTEGER PRIMARY KEY AUTOINCREMENT
) STRICT;

CREATE TABLE dead_counters (
 source_queue_id INTEGER NOT NULL,
 bucket_id INTEGER NOT NULL,
 dead INTEGER NOT NULL,
 PRIMARY KEY (source_queue_id, bucket_id)
) STRICT, WITHOUT ROWID;

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
, since_ms INTEGER) STRICT, WITHOUT ROWID;

CREATE TABLE deduplications (
 queue_id INTEGER NOT NULL,
 deduplication_id TEXT NOT NULL,
 message_id TEXT NOT NULL,
 expires_at_ms INTEGER NOT NULL, project TEXT NOT NULL DEFAULT '',
 PRIMARY KEY (queue_id, deduplication_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE discarded_buckets (
 bucket_id INTEGER PRIMARY KEY,
 discarded_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE fifo_groups (
 bucket_id INTEGER NOT NULL,
 group_key TEXT NOT NULL,
 head_seq INTEGER NOT NULL,
 blocked INTEGER NOT NULL,
 PRIMARY KEY (bucket_id, group_key)
) STRICT, WITHOUT ROWID;

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
 nacks INTEGER NOT NULL DEFAULT 0,
 group_id TEXT,
 deduplication_id TEXT,
 source_queue_id INTEGER,
 source_queue TEXT,
 dead_lettered_at_ms INTEGER,
 dead_letter_reason TEXT,
 last_error TEXT,
 failure_log TEXT
, group_key TEXT, expired_leases INTEGER NOT NULL DEFAULT 0, earlier_sources TEXT) STRICT;

CREATE TABLE meta (
 name TEXT PRIMARY KEY,
 value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE project_counters (
 project TEXT PRIMARY KEY,
 messages INTEGER NOT NULL,
 bytes INTEGER NOT NULL
, queues INTEGER NOT NULL DEFAULT 0, subscriptions INTEGER NOT NULL DEFAULT 0, keys INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;

CREATE TABLE push_attempts (
 subscription_id TEXT NOT NULL,
 at_ms INTEGER NOT NULL,
 delivery_id TEXT NOT NULL,
 message_id TEXT NOT NULL,
 attempt INTEGER NOT NULL,
 status INTEGER,
 duration_ms INTEGER NOT NULL,
 error TEXT,
 PRIMARY KEY (subscription_id, at_ms, delivery_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE push_subscriptions (
 subscription_id TEXT PRIMARY KEY,
 queue_id INTEGER NOT NULL,
 url TEXT NOT NULL,
 secret TEXT,
 secret_digest TEXT,
 previous_secret TEXT,
 previous_secret_until_ms INTEGER,
 max_retries INTEGER,
 visibility_timeout_ms INTEGER,
 dead_letter_queue_id INTEGER,
 format TEXT NOT NULL,
 max_in_flight INTEGER NOT NULL,
 headers TEXT,
 state TEXT NOT NULL,
 paused_reason TEXT,
 created_at_ms INTEGER NOT NULL,
 updated_at_ms INTEGER NOT NULL
, url_digest TEXT, allowed_message_headers TEXT) STRICT, WITHOUT ROWID;

CREATE TABLE queue_consumers (
 queue_id INTEGER NOT NULL,
 node_id TEXT NOT NULL,
 waiting INTEGER NOT NULL,
 last_fetch_at_ms INTEGER NOT NULL,
 last_fetch_key_id TEXT,
 recorded_at_ms INTEGER NOT NULL,
 PRIMARY KEY (queue_id, node_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE queue_counters (
 queue_id INTEGER PRIMARY KEY,
 available INTEGER NOT NULL DEFAULT 0,
 leased INTEGER NOT NULL DEFAULT 0,
 delayed INTEGER NOT NULL DEFAULT 0,
 bytes INTEGER NOT NULL DEFAULT 0
, dead INTEGER NOT NULL DEFAULT 0, dead_bytes INTEGER NOT NULL DEFAULT 0) STRICT;

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

CREATE TABLE queue_quarters (
 queue_id INTEGER NOT NULL,
 quarter INTEGER NOT NULL,
 depth INTEGER NOT NULL,
 published INTEGER NOT NULL,
 delivered INTEGER NOT NULL,
 acked INTEGER NOT NULL,
 failed INTEGER NOT NULL,
 dead_lettered INTEGER NOT NULL,
 PRIMARY KEY (queue_id, quarter)
) STRICT, WITHOUT ROWID;

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
 updated_at_ms INTEGER NOT NULL, max_expired_leases INTEGER, follows_max_retries INTEGER NOT NULL DEFAULT 1,
 UNIQUE (project, name)
) STRICT;

CREATE TABLE sqlite_sequence(name,seq);

CREATE INDEX api_keys_ended ON api_keys (project, ended_at_ms, key_id)
 WHERE ended_at_ms IS NOT NULL;

CREATE INDEX api_keys_that_expire ON api_keys (project, expires_at_ms)
 WHERE ended_at_ms IS NULL AND expires_at_ms IS NOT NULL;

CREATE INDEX audit_log_by_outcome ON audit_log (refused, at_ms, request_id);

CREATE INDEX dead_counters_by_bucket ON dead_counters (bucket_id);

CREATE INDEX dead_letter_jobs_by_queue ON dead_letter_jobs (queue_id);

CREATE INDEX dead_letter_jobs_by_start ON dead_letter_jobs (started_at_ms);

CREATE UNIQUE INDEX dead_letter_jobs_under_way
 ON dead_letter_jobs (queue_id, action, since_ms, ifnull(max_messages, -1)) WHERE finished = 0;

CREATE INDEX dead_letter_jobs_unfinished ON dead_letter_jobs (job_id) WHERE finished = 0;

CREATE INDEX deduplications_expiry ON deduplications (expires_at_ms);

CREATE INDEX fifo_groups_ready ON fifo_groups (bucket_id, head_seq) WHERE blocked = 0;

CREATE INDEX idempotency_expiry ON idempotency (expires_at_ms);

CREATE INDEX messages_dead ON messages (source_queue_id, dead_lettered_at_ms, seq)
 WHERE source_queue_id IS NOT NULL;

CREATE INDEX messages_due ON messages (state, due_at_ms) WHERE due_at_ms IS NOT NULL;

CREATE INDEX messages_held_in_group ON messages (bucket_id, group_key, seq)
 WHERE group_key IS NOT NULL AND state IN (1, 2);

CREATE INDEX messages_in_group ON messages (bucket_id, group_key, seq)
 WHERE group_key IS NOT NULL;

CREATE INDEX messages_live ON messages (bucket_id, live_since_ms);

CREATE INDEX messages_ready ON messages (bucket_id, rank DESC, seq) WHERE state = 0;

CREATE INDEX push_subscriptions_by_dead_letter_queue ON push_subscriptions (dead_letter_queue_id)
 WHERE dead_letter_queue_id IS NOT NULL;

CREATE INDEX push_subscriptions_by_queue ON push_subscriptions (queue_id);

CREATE INDEX queues_by_dead_letter_queue ON queues (dead_letter_queue_id)
 WHERE dead_letter_queue_id IS NOT NULL;
