import { LIMITS } from '@millrace/protocol/limits';
import type { AuditEntry, AuditPosition } from '../../../core/commands/audit-entry.js';
import type { Statements } from '../driver/statements.js';

/** How many entries are removed at a time. */
const TRIMMED_PER_STEP = 200;
const KEPT = [
  { refused: 0, kept: LIMITS.auditDoneKept },
  { refused: 1, kept: LIMITS.auditRefusedKept },
];

/** An entry that exists already is the same refusal with an older count. */
export function writeAudit(statements: Statements, entry: AuditEntry): void {
  statements
    .get(
      `INSERT INTO audit_log
         (at_ms, request_id, refused, action, code, key_id, project, target, address, count)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = excluded.count`,
    )
    .run(
      entry.atMs,
      entry.requestId,
      entry.refused ? 1 : 0,
      entry.action,
      entry.code,
      entry.keyId,
      entry.project,
      entry.target,
      entry.address,
      entry.count,
    );
}

/** @returns whether there may be more to remove */
export function trimAudit(statements: Statements): boolean {
  const trim = statements.get(
    `DELETE FROM audit_log WHERE (at_ms, request_id, refused) IN (
       SELECT at_ms, request_id, refused FROM audit_log
        WHERE refused = @refused AND (at_ms, request_id) <= (
          SELECT at_ms, request_id FROM audit_log WHERE refused = @refused
           ORDER BY at_ms DESC, request_id DESC LIMIT 1 OFFSET @kept)
        ORDER BY at_ms, request_id LIMIT ${TRIMMED_PER_STEP})`,
  );
  return KEPT.map((bounds) => trim.run(bounds).changes).includes(TRIMMED_PER_STEP);
}

export function readAudit(
  statements: Statements,
  before: AuditPosition | null,
  limit: number,
): AuditEntry[] {
  const position = before ?? { atMs: Number.MAX_SAFE_INTEGER, requestId: '', refused: false };
  return statements
    .get(
      `SELECT at_ms AS atMs, request_id AS requestId, refused, action, code, key_id AS keyId,
         project, target, address, count
         FROM audit_log WHERE (at_ms, request_id, refused) < (?, ?, ?)
        ORDER BY at_ms DESC, request_id DESC, refused DESC LIMIT ?`,
    )
    .all(position.atMs, position.requestId, position.refused ? 1 : 0, limit)
    .map((row) => ({ ...(row as AuditEntry), refused: Boolean((row as AuditEntry).refused) }));
}
