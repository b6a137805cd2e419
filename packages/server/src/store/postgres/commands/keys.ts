import type {
  CreateKeyCommand,
  OutcomeOf,
  RecordKeyUseCommand,
  RevokeKeyCommand,
} from '../../../core/commands/commands.js';
import { ENDED_KEYS_KEPT } from '../../../core/limits/storage-limits.js';
import { keyNotFound, type Refusal } from '../../../core/refusal.js';
import type { CommitGroup } from '../transaction/commit-group.js';
import type { PostgresTransaction } from '../transaction/transaction.js';
import { checkQuotaOf } from './storage.js';

export async function createKey(
  { tx }: CommitGroup,
  { key: { secretHash, ...key }, onlyIfNone, sealedSecret }: CreateKeyCommand,
): Promise<OutcomeOf['createKey'] | Refusal> {
  if (onlyIfNone) {
    // Nodes that start at the same time create only one key.
    await tx.pipeline.query('LOCK TABLE millrace.api_keys IN SHARE ROW EXCLUSIVE MODE', []);
    const rows = await tx.pipeline.query('SELECT 1 FROM millrace.api_keys LIMIT 1', []);
    if (rows.length > 0) return { key: null, sealedSecret: null };
  }
  await endExpiredKeys(tx, key.project);
  const full = await checkQuotaOf(tx, key.project, 'keys');
  if (full !== undefined) return full;
  tx.usage.countThings(key.project, 'keys', 1);
  await tx.pipeline.query(
    `INSERT INTO millrace.api_keys
       (key_id, name, project, scopes, secret_hash, created_at_ms, expires_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [key.keyId, key.name, key.project, key.scopes.join(' '), secretHash, tx.nowMs, key.expiresAtMs],
  );
  return {
    key: { ...key, createdAtMs: tx.nowMs, revokedAtMs: null, lastUsedAtMs: null },
    sealedSecret,
  };
}

/** Expired keys no longer count; of the keys that have ended, the oldest are deleted. */
async function endExpiredKeys(tx: PostgresTransaction, project: string): Promise<void> {
  const ended = await tx.pipeline.query(
    `UPDATE millrace.api_keys SET ended_at_ms = expires_at_ms
      WHERE project = $1 AND ended_at_ms IS NULL AND expires_at_ms <= $2 RETURNING 1`,
    [project, tx.nowMs],
  );
  tx.usage.countThings(project, 'keys', -ended.length);
  tx.pipeline.send(
    `DELETE FROM millrace.api_keys WHERE key_id IN (
       SELECT key_id FROM millrace.api_keys WHERE project = $1 AND ended_at_ms IS NOT NULL
        ORDER BY ended_at_ms DESC, key_id DESC OFFSET ${ENDED_KEYS_KEPT})`,
    [project],
  );
}

export async function revokeKey(
  { tx }: CommitGroup,
  { keyId }: RevokeKeyCommand,
): Promise<OutcomeOf['revokeKey'] | Refusal> {
  const ended = await tx.pipeline.query<{ project: string }>(
    `UPDATE millrace.api_keys SET ended_at_ms = $2 WHERE key_id = $1 AND ended_at_ms IS NULL
     RETURNING project`,
    [keyId, tx.nowMs],
  );
  for (const { project } of ended) tx.usage.countThings(project, 'keys', -1);
  const rows = await tx.pipeline.query(
    `UPDATE millrace.api_keys SET revoked_at_ms = coalesce(revoked_at_ms, $2)
      WHERE key_id = $1 RETURNING 1`,
    [keyId, tx.nowMs],
  );
  return rows.length === 0 ? keyNotFound(keyId) : { keyId };
}

/** A use that another node has recorded in the same minute or a later one is kept. */
export async function recordKeyUse(
  { tx }: CommitGroup,
  { uses }: RecordKeyUseCommand,
): Promise<OutcomeOf['recordKeyUse']> {
  const rows = await tx.pipeline.query(
    `UPDATE millrace.api_keys k SET last_used_at_ms = u.at_ms
       FROM unnest($1::text[], $2::bigint[]) AS u(key_id, at_ms)
      WHERE k.key_id = u.key_id AND coalesce(k.last_used_at_ms, 0) < u.at_ms RETURNING 1`,
    [uses.map(({ keyId }) => keyId), uses.map(({ atMs }) => atMs)],
  );
  return { recorded: rows.length };
}
