import { LIMITS } from '@millrace/protocol/limits';
import type { AuditEntry, AuditPosition } from '../../../core/commands/audit-entry.js';
import type { Pipeline } from '../driver/pipeline.js';

/** How many entries are removed at a time. */
const TRIMMED_PER_STEP = 200;

/** An entry that exists already is the same refusal with an older count. */
export function writeAudit(pipeline: Pipeline, entries: readonly AuditEntry[]): void {
  if (entries.length === 0) return;
  pipeline.send(
    `INSERT INTO millrace.audit_log
       (at_ms, request_id, refused, action, code, key_id, project, target, address, count)
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::boolean[], $4::text[], $5::text[],
       $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[])
     ON CONFLICT (at_ms, request_id, refused) DO UPDATE SET count = excluded.count`,
    [
      entries.map(({ atMs }) => atMs),
      entries.map(({ requestId }) => requestId),
      entries.map(({ refused }) => refused),
      entries.map(({ action }) => action),
      entries.map(({ code }) => code),
      entries.map(({ keyId }) => keyId),
      entries.map(({ project }) => project),
      entries.map(({ target }) => target),
      entries.map(({ address }) => address),
      entries.map(({ count }) => count),
    ],
  );
}

/** Skips entries that another node is removing. @returns whether there may be more to remove */
export async function trimAudit(pipeline: Pipeline): Promise<boolean> {
  const trim = (refused: boolean, kept: number): Promise<unknown[]> =>
    pipeline.query(
      `DELETE FROM millrace.audit_log WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM millrace.audit_log
          WHERE refused = $1 AND (at_ms, request_id) <= (
            SELECT at_ms, request_id FROM millrace.audit_log WHERE refused = $1
             ORDER BY at_ms DESC, request_id DESC LIMIT 1 OFFSET $2)
          ORDER BY at_ms, request_id LIMIT ${TRIMMED_PER_STEP} FOR UPDATE SKIP LOCKED))
       RETURNING 1`,
      [refused, kept],
    );
  const trimmed = await Promise.all([
    trim(false, LIMITS.auditDoneKept),
    trim(true, LIMITS.auditRefusedKept),
  ]);
  return trimmed.some((rows) => rows.length === TRIMMED_PER_STEP);
}

export async function readAudit(
  pipeline: Pipeline,
  before: AuditPosition | null,
  limit: number,
): Promise<AuditEntry[]> {
  const position = before ?? { atMs: Number.MAX_SAFE_INTEGER, requestId: '', refused: false };
  const rows = await pipeline.query<AuditEntry>(
    `SELECT at_ms AS "atMs", request_id AS "requestId", refused, action, code, key_id AS "keyId",
       project, target, address, count
       FROM millrace.audit_log WHERE (at_ms, request_id, refused) < ($1, $2, $3)
      ORDER BY at_ms DESC, request_id DESC, refused DESC LIMIT $4`,
    [position.atMs, position.requestId, position.refused, limit],
  );
  return rows;
}
