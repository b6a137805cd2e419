import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/**
 * A new key's secret is shown once and stored hashed, yet a retry of the same request must get the
 * same answer. So the record contains the secret, sealed under two things that only the caller has: its
 * own secret and the idempotency key. Neither is in the store, so the store alone cannot open it.
 */
export const seal = (secret: string, callerSecret: string, idempotencyKey: string): string =>
  sealUnder(sealingKey(callerSecret, idempotencyKey), secret);

/** Undefined when it was sealed for another caller. */
export const openSealed = (
  sealed: string | null,
  callerSecret: string,
  idempotencyKey: string,
): string | undefined =>
  sealed === null ? undefined : openUnder(sealingKey(callerSecret, idempotencyKey), sealed);

/** Deriving a key takes longer than using it, so code that seals many texts keeps the key. */
export const sealingKey = (secret: string, context: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, context, 'millrace api key', 32));

export function sealUnder(key: Buffer, text: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** Undefined when it was sealed under another key. */
export function openUnder(key: Buffer, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
