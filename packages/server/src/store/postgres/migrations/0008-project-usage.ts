/**
 * The usage of a project is a sum over slots, like the counters of a queue, so that a publish need not
 * add up all its queues. It counts everything that is stored, including dead letters that stay in their
 * queue, which the counters of their bucket include from now on, and records and deduplication ids.
 * `ended_at_ms` is set once a key was revoked or was found expired; keys without it are the valid ones.
 * A discarded bucket names its project, to count messages that late commits bring into it.
 *
 * `count_project` does for `project_counters` what `count_messages` does for `queue_counters`.
 */
export const projectUsage = `
CREATE TABLE millrace.project_counters (
  project text COLLATE "C" NOT NULL,
  slot smallint NOT NULL,
  messages bigint NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0,
  queues bigint NOT NULL DEFAULT 0,
  subscriptions bigint NOT NULL DEFAULT 0,
  keys bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (project, slot)
) WITH (fillfactor = 40, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0,
        autovacuum_vacuum_cost_delay = 0);

CREATE FUNCTION millrace.count_project(counted text, in_slot smallint, known_place tid,
    more_messages bigint, more_bytes bigint, more_queues bigint, more_subscriptions bigint,
    more_keys bigint)
  RETURNS tid LANGUAGE plpgsql AS $$
DECLARE
  place tid;
BEGIN
  UPDATE millrace.project_counters c
     SET messages = c.messages + more_messages, bytes = c.bytes + more_bytes,
         queues = c.queues + more_queues, subscriptions = c.subscriptions + more_subscriptions,
         keys = c.keys + more_keys
   WHERE c.ctid = known_place AND c.project || '' = counted AND c.slot + 0 = in_slot
  RETURNING c.ctid INTO place;
  IF place IS NULL THEN
    INSERT INTO millrace.project_counters AS c
           (project, slot, messages, bytes, queues, subscriptions, keys)
    VALUES (counted, in_slot, more_messages, more_bytes, more_queues, more_subscriptions, more_keys)
    ON CONFLICT (project, slot) DO UPDATE
       SET messages = c.messages + excluded.messages, bytes = c.bytes + excluded.bytes,
           queues = c.queues + excluded.queues,
           subscriptions = c.subscriptions + excluded.subscriptions, keys = c.keys + excluded.keys
    RETURNING c.ctid INTO place;
  END IF;
  RETURN place;
END $$;

ALTER TABLE millrace.discarded_buckets ADD COLUMN project text COLLATE "C";

INSERT INTO millrace.queue_counters (bucket_id, slot, available, bytes)
SELECT q.dead_bucket_id, 0, count(*), sum(m.bytes) FROM millrace.queues q
  JOIN millrace.messages m ON m.bucket_id = q.dead_bucket_id GROUP BY q.dead_bucket_id;

ALTER TABLE millrace.deduplications ADD COLUMN project text COLLATE "C";
DELETE FROM millrace.deduplications d
 WHERE NOT EXISTS (SELECT 1 FROM millrace.queues q WHERE q.id = d.queue_id);
UPDATE millrace.deduplications d SET project = q.project
  FROM millrace.queues q WHERE q.id = d.queue_id;
ALTER TABLE millrace.deduplications ALTER COLUMN project SET NOT NULL;

ALTER TABLE millrace.api_keys ADD COLUMN ended_at_ms bigint;
UPDATE millrace.api_keys SET ended_at_ms = revoked_at_ms WHERE revoked_at_ms IS NOT NULL;
CREATE INDEX api_keys_that_expire ON millrace.api_keys (project, expires_at_ms)
  WHERE ended_at_ms IS NULL AND expires_at_ms IS NOT NULL;
CREATE INDEX api_keys_ended ON millrace.api_keys (project, ended_at_ms, key_id)
  WHERE ended_at_ms IS NOT NULL;

INSERT INTO millrace.project_counters (project, slot, messages, bytes, queues, subscriptions, keys)
SELECT project, 0, sum(messages), sum(bytes), sum(queues), sum(subscriptions), sum(keys) FROM (
  SELECT q.project, c.available + c.leased + c.delayed AS messages, c.bytes, 0 AS queues,
      0 AS subscriptions, 0 AS keys
    FROM millrace.queues q JOIN millrace.queue_counters c
      ON c.bucket_id IN (q.bucket_id, q.dead_bucket_id)
  UNION ALL
  SELECT project, 0, 0, 1, 0, 0 FROM millrace.queues
  UNION ALL
  SELECT q.project, 0, 0, 0, 1, 0
    FROM millrace.push_subscriptions s JOIN millrace.queues q ON q.id = s.queue_id
  UNION ALL
  SELECT project, 0, 200 + octet_length(key) + octet_length(fingerprint) + octet_length(outcome),
      0, 0, 0 FROM millrace.idempotency
  UNION ALL
  SELECT project, 0, 236 + octet_length(deduplication_id), 0, 0, 0 FROM millrace.deduplications
  UNION ALL
  SELECT project, 0, 0, 0, 0, 1 FROM millrace.api_keys WHERE ended_at_ms IS NULL
) AS held (project, messages, bytes, queues, subscriptions, keys) GROUP BY project;
`;
