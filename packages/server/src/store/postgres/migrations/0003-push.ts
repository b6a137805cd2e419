/** Secrets are stored sealed if the server has a key for that. */
export const push = `
CREATE TABLE millrace.push_subscriptions (
  subscription_id text COLLATE "C" PRIMARY KEY,
  queue_id bigint NOT NULL,
  url text NOT NULL,
  secret text,
  secret_digest text,
  previous_secret text,
  previous_secret_until_ms bigint,
  max_retries integer,
  visibility_timeout_ms bigint,
  dead_letter_queue_id bigint,
  format text NOT NULL,
  max_in_flight integer NOT NULL,
  headers text,
  state text NOT NULL,
  paused_reason text,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL
);

CREATE INDEX push_subscriptions_by_queue ON millrace.push_subscriptions (queue_id);
CREATE INDEX push_subscriptions_by_dead_letter_queue
  ON millrace.push_subscriptions (dead_letter_queue_id) WHERE dead_letter_queue_id IS NOT NULL;

-- The last pushes of each subscription, for people to look at.
CREATE TABLE millrace.push_attempts (
  subscription_id text COLLATE "C" NOT NULL,
  at_ms bigint NOT NULL,
  delivery_id text COLLATE "C" NOT NULL,
  message_id text NOT NULL,
  attempt integer NOT NULL,
  status integer,
  duration_ms bigint NOT NULL,
  error text,
  PRIMARY KEY (subscription_id, at_ms, delivery_id)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
`;
