/** Secrets are stored sealed if the server has a key for that. */
export const push = `
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
) STRICT, WITHOUT ROWID;

CREATE INDEX push_subscriptions_by_queue ON push_subscriptions (queue_id);
CREATE INDEX push_subscriptions_by_dead_letter_queue ON push_subscriptions (dead_letter_queue_id)
  WHERE dead_letter_queue_id IS NOT NULL;

-- The last pushes of each subscription, for people to look at.
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
`;
