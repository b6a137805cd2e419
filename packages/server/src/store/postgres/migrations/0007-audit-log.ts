/** Administrative calls, accepted and refused, and when keys were last used. */
export const auditLog = `
CREATE TABLE millrace.audit_log (
  at_ms bigint NOT NULL,
  request_id text COLLATE "C" NOT NULL,
  refused boolean NOT NULL,
  action text NOT NULL,
  code text,
  key_id text,
  project text,
  target text,
  address text NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (at_ms, request_id, refused)
);

-- Each outcome is kept within bounds of its own.
CREATE INDEX audit_log_by_outcome ON millrace.audit_log (refused, at_ms, request_id);

ALTER TABLE millrace.api_keys ADD COLUMN last_used_at_ms bigint;
`;
