import { createHmac } from 'node:crypto';

export interface SignedDelivery {
  readonly messageId: string;
  readonly timestampSeconds: number;
  /** The bytes that are sent. */
  readonly body: Buffer;
  /** Newest first. Two while a secret is being rotated, none if no secret is set. */
  readonly secrets: readonly string[];
}

const PREFIX = 'whsec_';
export const SECRET_MIN_BYTES = 16;

/**
 * The headers of Standard Webhooks, and `x-infrai-signature` with the newest secret. A receiver may
 * verify either. During a rotation `webhook-signature` has one signature for each secret.
 */
export function signatureHeaders(delivery: SignedDelivery): Record<string, string> {
  const { messageId, timestampSeconds, body, secrets } = delivery;
  const headers: Record<string, string> = {
    'webhook-id': messageId,
    'webhook-timestamp': String(timestampSeconds),
  };
  const newest = secrets[0];
  if (newest === undefined) return headers;
  const signedPart = `${messageId}.${timestampSeconds}.`;
  headers['webhook-signature'] = secrets
    .map((secret) => {
      const mac = createHmac('sha256', webhookKey(secret)).update(signedPart).update(body);
      return `v1,${mac.digest('base64')}`;
    })
    .join(' ');
  headers['x-infrai-signature'] = createHmac('sha256', newest).update(body).digest('hex');
  return headers;
}

/** Undefined for a secret that all receivers read in the same way; otherwise the rule that it breaks. */
export function secretFault(secret: string): string | undefined {
  // The bytes of other characters depend on the encoding, and receivers differ in that.
  if (!/^[\x20-\x7e]+$/.test(secret)) return 'must consist of printable ASCII characters';
  if (secret.startsWith(PREFIX) && decodedKey(secret) === undefined) {
    return 'must have proper base64 after whsec_';
  }
  return undefined;
}

/** Whether a secret is so short that it could be found by guessing. */
export const isShortSecret = (secret: string): boolean =>
  webhookKey(secret).length < SECRET_MIN_BYTES;

/** A secret with the prefix but no base64 is refused at subscription; here it counts as plain text. */
const webhookKey = (secret: string): Buffer => decodedKey(secret) ?? Buffer.from(secret, 'utf8');

function decodedKey(secret: string): Buffer | undefined {
  if (!secret.startsWith(PREFIX)) return undefined;
  const text = secret.slice(PREFIX.length);
  const key = Buffer.from(text, 'base64');
  // Node skips characters that are not base64, so only text that encodes back to itself is proper.
  return key.length > 0 && key.toString('base64') === text ? key : undefined;
}
