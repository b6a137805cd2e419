import { invalidOption, MillraceError } from '../errors.js';
import { concatenated } from './bytes.js';
import { type ReceivedHeaders, readHeader } from './headers.js';

/** One secret, or several while a secret is being changed. */
export type Secrets = string | readonly string[];

export interface VerifyOptions {
  /** How old a push may be, or how far in the future, in seconds. Default: 300. */
  readonly toleranceSeconds?: number | undefined;
}

const utf8 = new TextEncoder();

/** Checks that one of the secrets has signed the body, and that the push is recent. */
export async function checkSignature(
  headers: ReceivedHeaders,
  body: Uint8Array,
  secrets: Secrets,
  { toleranceSeconds = 300 }: VerifyOptions,
): Promise<void> {
  const id = readHeader(headers, 'webhook-id');
  const sentAt = readHeader(headers, 'webhook-timestamp');
  const signatures = readHeader(headers, 'webhook-signature');
  if (id === undefined || sentAt === undefined || signatures === undefined) {
    throw refused('a header of the signature is missing');
  }
  const ageSeconds = Math.abs(Date.now() / 1_000 - Number(sentAt));
  // Without a tolerance that is a number, nothing is recent.
  if (!/^\d+$/.test(sentAt) || !(ageSeconds <= toleranceSeconds)) {
    throw refused('the push is too old, or its time is malformed');
  }
  const keys = await Promise.all(secretsOf(secrets).map(keyOf));
  const given = signatures.split(' ').flatMap(decoded);
  const signed = concatenated([utf8.encode(`${id}.${sentAt}.`), body]);
  for (const key of keys) {
    for (const signature of given) {
      // The comparison of WebCrypto takes the same time wherever the difference is.
      if (await crypto.subtle.verify('HMAC', key, signature, signed)) return;
    }
  }
  throw refused('no signature fits the secret');
}

const refused = (reason: string): MillraceError =>
  new MillraceError({
    code: 'INVALID_SIGNATURE',
    message: `the push is not trusted: ${reason}`,
    hint: 'Verify the bytes of the body as they were received, with the secret of the subscription.',
  });

/** A signature of version 1; others are skipped, as the standard says. */
function decoded(text: string): BufferSource[] {
  if (!text.startsWith('v1,')) return [];
  try {
    return [bytesOf(text.slice(3))];
  } catch {
    return [];
  }
}

/** The bytes of each secret. @throws MillraceError `INVALID_OPTION`, which quotes none */
export function secretsOf(secrets: Secrets): Uint8Array<ArrayBuffer>[] {
  const all = [secrets].flat();
  if (all.length === 0) throw invalidOption('the secret is missing');
  return all.map(secretBytes);
}

const keyOf = (secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);

function secretBytes(secret: string): Uint8Array<ArrayBuffer> {
  // A variable that is not set is undefined, whatever the types say.
  if (typeof secret !== 'string') throw invalidOption('the secret must be a text');
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = secret.startsWith('whsec_') ? bytesOf(secret.slice(6)) : utf8.encode(secret);
  } catch {
    throw invalidOption('the part of the secret after whsec_ must be base64');
  }
  if (bytes.length === 0) throw invalidOption('the secret must not be empty');
  return bytes;
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
