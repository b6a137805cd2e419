/**
 * The usage of a project counts everything that it has stored, including dead letters that stay in their
 * queue, and records and deduplication ids. A queue counts its dead letters, so that they leave the
 * usage at once with it. `ended_at_ms` is set once a key was revoked or was found expired; keys without
 * it are the valid ones.
 */
export const projectUsage = `
ALTER TABLE queue_counters ADD COLUMN dead INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue_counters ADD COLUMN dead_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE queue_counters SET (dead, dead_bytes) = (
  SELECT count(*), coalesce(sum(m.bytes), 0) FROM queues q
    JOIN messages m ON m.bucket_id = q.dead_bucket_id
   WHERE q.id = queue_counters.queue_id);

ALTER TABLE deduplications ADD COLUMN project TEXT NOT NULL DEFAULT '';
DELETE FROM deduplications WHERE queue_id NOT IN (SELECT id FROM queues);
UPDATE deduplications SET project = (
  SELECT q.project FROM queues q WHERE q.id = deduplications.queue_id);

ALTER TABLE api_keys ADD COLUMN ended_at_ms INTEGER;
UPDATE api_keys SET ended_at_ms = revoked_at_ms;
CREATE INDEX api_keys_that_expire ON api_keys (project, expires_at_ms)
  WHERE ended_at_ms IS NULL AND expires_at_ms IS NOT NULL;
CREATE INDEX api_keys_ended ON api_keys (project, ended_at_ms, key_id)
  WHERE ended_at_ms IS NOT NULL;

ALTER TABLE project_counters ADD COLUMN queues INTEGER NOT NULL DEFAULT 0;
ALTER TABLE project_counters ADD COLUMN subscriptions INTEGER NOT NULL DEFAULT 0;
ALTER TABLE project_counters ADD COLUMN keys INTEGER NOT NULL DEFAULT 0;
DELETE FROM project_counters;
INSERT INTO project_counters (project, messages, bytes, queues, subscriptions, keys)
SELECT project, sum(messages), sum(bytes), sum(queues), sum(subscriptions), sum(keys) FROM (
  SELECT q.project, c.available + c.leased + c.delayed + c.dead AS messages,
      c.bytes + c.dead_bytes AS bytes, 1 AS queues,
      (SELECT count(*) FROM push_subscriptions s WHERE s.queue_id = q.id) AS subscriptions,
      0 AS keys
    FROM queues q JOIN queue_counters c ON c.queue_id = q.id
  UNION ALL
  SELECT project, 0, 200 + octet_length(key) + octet_length(fingerprint) + octet_length(outcome),
      0, 0, 0 FROM idempotency
  UNION ALL
  SELECT project, 0, 236 + octet_length(deduplication_id), 0, 0, 0 FROM deduplications
  UNION ALL
  SELECT project, 0, 0, 0, 0, 1 FROM api_keys WHERE ended_at_ms IS NULL
) GROUP BY project;
`;
