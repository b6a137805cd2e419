import type {
  CreateKeyCommand,
  OutcomeOf,
  RecordKeyUseCommand,
  RevokeKeyCommand,
} from '../../../core/commands/commands.js';
import { checkQuota, ENDED_KEYS_KEPT } from '../../../core/limits/storage-limits.js';
import { keyNotFound, type Refusal } from '../../../core/refusal.js';
import type { SqliteTransaction } from '../transaction/transaction.js';

export function createKey(
  tx: SqliteTransaction,
  command: CreateKeyCommand,
): OutcomeOf['createKey'] | Refusal {
  const { secretHash, ...key } = command.key;
  if (command.onlyIfNone && tx.sql('SELECT 1 FROM api_keys LIMIT 1').get() !== undefined) {
    return { key: null, sealedSecret: null };
  }
  endExpired(tx, key.project);
  const full = checkQuota(tx.room, key.project, 'keys');
  if (full !== undefined) return full;
  tx.usage.countThings(key.project, 'keys', 1);
  tx.sql(
    `INSERT INTO api_keys (key_id, name, project, scopes, secret_hash, created_at_ms, expires_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    key.keyId,
    key.name,
    key.project,
    key.scopes.join(' '),
    secretHash,
    tx.nowMs,
    key.expiresAtMs,
  );
  return {
    key: { ...key, createdAtMs: tx.nowMs, revokedAtMs: null, lastUsedAtMs: null },
    sealedSecret: command.sealedSecret,
  };
}

/** Expired keys no longer count; of the keys that have ended, the oldest are deleted. */
function endExpired(tx: SqliteTransaction, project: string): void {
  const { changes } = tx
    .sql(
      `UPDATE api_keys SET ended_at_ms = expires_at_ms
        WHERE project = ? AND ended_at_ms IS NULL AND expires_at_ms <= ?`,
    )
    .run(project, tx.nowMs);
  tx.usage.countThings(project, 'keys', -changes);
  tx.sql(
    `DELETE FROM api_keys WHERE key_id IN (
       SELECT key_id FROM api_keys WHERE project = ? AND ended_at_ms IS NOT NULL
        ORDER BY ended_at_ms DESC, key_id DESC LIMIT -1 OFFSET ${ENDED_KEYS_KEPT})`,
  ).run(project);
}

export function revokeKey(
  tx: SqliteTransaction,
  { keyId }: RevokeKeyCommand,
): OutcomeOf['revokeKey'] | Refusal {
  const project = tx
    .sql(
      `UPDATE api_keys SET ended_at_ms = ? WHERE key_id = ? AND ended_at_ms IS NULL
       RETURNING project`,
    )
    .pluck()
    .get(tx.nowMs, keyId) as string | undefined;
  if (project !== undefined) tx.usage.countThings(project, 'keys', -1);
  const { changes } = tx
    .sql('UPDATE api_keys SET revoked_at_ms = coalesce(revoked_at_ms, ?) WHERE key_id = ?')
    .run(tx.nowMs, keyId);
  return changes === 0 ? keyNotFound(keyId) : { keyId };
}

/** A use older than the last one known changes nothing. */
export function recordKeyUse(
  tx: SqliteTransaction,
  { uses }: RecordKeyUseCommand,
): OutcomeOf['recordKeyUse'] {
  const update = tx.sql(
    `UPDATE api_keys SET last_used_at_ms = @atMs
      WHERE key_id = @keyId AND coalesce(last_used_at_ms, 0) < @atMs`,
  );
  let recorded = 0;
  for (const use of uses) recorded += update.run(use).changes;
  return { recorded };
}
