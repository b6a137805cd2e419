/** Administrative calls, accepted and refused, and when keys were last used. */
export const auditLog = `
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

-- Each outcome is kept within bounds of its own.
CREATE INDEX audit_log_by_outcome ON audit_log (refused, at_ms, request_id);

ALTER TABLE api_keys ADD COLUMN last_used_at_ms INTEGER;
`;
