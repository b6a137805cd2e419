import {
  type AuditEntry as AuditEntryRecord,
  type AuditParams,
  CAPABILITIES,
  LIMITS,
} from '@millrace/protocol';
import type { AuditEntry, AuditPosition } from '../../core/commands/audit-entry.js';
import { toIso } from '../../core/iso-time.js';
import { answer, type Call, type Route } from '../call.js';
import { readCursor, writeCursor } from '../validation/cursor.js';

export const auditRoute: Route = {
  capability: CAPABILITIES.audit,
  async handle({ params }: Call<AuditParams>, { store, audit }) {
    const position = readCursor(params.cursor, POSITION);
    if (typeof position === 'object' && position !== null) return position;
    const limit = params.limit ?? LIMITS.listLimitDefault;
    // Entries that this node has not yet written must be in the answer too.
    await audit.flush();
    const before = position === null ? null : readPosition(position);
    const entries = await store.read({ kind: 'audit', before, limit: limit + 1 });
    const page = entries.slice(0, limit);
    const last = page.at(-1);
    const hasMore = entries.length > limit && last !== undefined;
    return answer({
      items: page.map(entryRecord),
      ...(hasMore && { next_cursor: writeCursor(writePosition(last)) }),
    });
  },
};

const POSITION = /^\d{1,15} [0-9a-f-]{36} (done|refused)$/;

const writePosition = ({ atMs, requestId, refused }: AuditPosition): string =>
  `${atMs} ${requestId} ${refused ? 'refused' : 'done'}`;

function readPosition(text: string): AuditPosition {
  const [atMs, requestId = '', outcome] = text.split(' ');
  return { atMs: Number(atMs), requestId, refused: outcome === 'refused' };
}

function entryRecord(entry: AuditEntry): AuditEntryRecord {
  return {
    at: toIso(entry.atMs),
    action: entry.action,
    outcome: entry.refused ? 'refused' : 'done',
    ...(entry.code === null ? {} : { code: entry.code }),
    ...(entry.keyId === null ? {} : { key_id: entry.keyId }),
    ...(entry.project === null ? {} : { project: entry.project }),
    ...(entry.target === null ? {} : { target: entry.target }),
    address: entry.address,
    request_id: entry.requestId,
    count: entry.count,
  };
}
