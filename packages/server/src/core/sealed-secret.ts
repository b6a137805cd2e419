import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/**
 * A new key's secret is shown once and stored hashed, yet a retry of the same request must get the
 * same answer. Its record keeps the secret sealed under what only the caller has: the caller's own
 * secret and the idempotency key. Neither is in the store, so the store alone cannot open it.
 */
export function seal(secret: string, callerSecret: string, idempotencyKey: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(callerSecret, idempotencyKey), nonce);
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** Undefined when it was sealed for another caller. */
export function openSealed(
  sealed: string | null,
  callerSecret: string,
  idempotencyKey: string,
): string | undefined {
  if (sealed === null) return undefined;
  const bytes = Buffer.from(sealed, 'base64url');
  try {
    const key = sealingKey(callerSecret, idempotencyKey);
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

const sealingKey = (callerSecret: string, idempotencyKey: string): Buffer =>
  Buffer.from(hkdfSync('sha256', callerSecret, idempotencyKey, 'millrace api key', 32));
