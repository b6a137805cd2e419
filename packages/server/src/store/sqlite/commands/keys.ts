import type {
  CreateKeyCommand,
  OutcomeOf,
  RecordKeyUseCommand,
  RevokeKeyCommand,
} from '../../../core/commands.js';
import { keyNotFound, type Refusal } from '../../../core/refusal.js';
import type { GroupTransaction } from '../transaction.js';

export function createKey(tx: GroupTransaction, command: CreateKeyCommand): OutcomeOf['createKey'] {
  const { secretHash, ...key } = command.key;
  if (command.onlyIfNone && tx.sql('SELECT 1 FROM api_keys LIMIT 1').get() !== undefined) {
    return { key: null, sealedSecret: null };
  }
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

export function revokeKey(
  tx: GroupTransaction,
  command: RevokeKeyCommand,
): OutcomeOf['revokeKey'] | Refusal {
  const { changes } = tx
    .sql('UPDATE api_keys SET revoked_at_ms = coalesce(revoked_at_ms, ?) WHERE key_id = ?')
    .run(tx.nowMs, command.keyId);
  return changes === 0 ? keyNotFound(command.keyId) : { keyId: command.keyId };
}

/** A use that is older than what is known changes nothing. */
export function recordKeyUse(
  tx: GroupTransaction,
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
