import { MillraceError } from '../errors.js';
import { validated } from '../schema.js';
import type { StandardSchemaV1 } from '../standard-schema.js';
import { callUser } from '../user-code.js';
import { Retry } from '../worker/outcomes.js';
import type { ReceivedHeaders } from './headers.js';
import { type PushMessage, verifySignature } from './push-message.js';
import { type Secrets, secretsOf, type VerifyOptions } from './signature.js';

/** Does the work of a push. The push is answered, and so acked, when it is done. */
export type PushHandler<T> = (push: PushMessage<T>) => unknown;

export interface ReceiverOptions<T> extends VerifyOptions {
  /** The secret of the subscription, or several while it is changed. */
  readonly secret: Secrets;
  /** Checks the payloads. */
  readonly schema?: StandardSchemaV1<unknown, T> | undefined;
  /** Is told what a handler has thrown, and why pushes are refused. Default: console.error. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

export interface ReceiverAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** The largest body that is read: a message of the largest size, with its headers. */
export const BODY_MAX_BYTES = 4 * 1024 * 1024;

export const TOO_LARGE: ReceiverAnswer = { status: 413, headers: {} };

/**
 * Verifies a push, has the handler do its work, and says how to answer: 204 when it is done, 401 for a
 * signature that is wrong, otherwise 500, after which the message is pushed again. A `Retry` chooses the
 * delay. A receiver cannot make a message a dead letter at once, so a `Reject` is a failure like any other.
 */
export async function receive<T>(
  headers: ReceivedHeaders,
  body: Uint8Array,
  handler: PushHandler<T>,
  options: ReceiverOptions<T>,
): Promise<ReceiverAnswer> {
  try {
    const push = await verifySignature<T>(headers, body, options.secret, options);
    const payload = options.schema ? await validated(options.schema, push.payload) : push.payload;
    const message = push.message && { ...push.message, payload };
    await handler({ ...push, payload, message });
    return { status: 204, headers: {} };
  } catch (error) {
    reportError(options, error);
    return answerTo(error);
  }
}

/** Tells `onError`, or else the console. */
export function reportError({ onError }: ReceiverOptions<unknown>, error: unknown): void {
  if (onError) callUser('onError', () => onError(error));
  else console.error('millrace receiver:', error);
}

/** A receiver without a usable secret would refuse every push. @throws MillraceError `INVALID_OPTION` */
export function checkReceiver({ secret }: { readonly secret: Secrets }): void {
  secretsOf(secret);
}

function answerTo(error: unknown): ReceiverAnswer {
  if (error instanceof MillraceError && error.code === 'INVALID_SIGNATURE') {
    return { status: 401, headers: {} };
  }
  const isDelayed = error instanceof Retry && error.delaySeconds !== undefined;
  if (!isDelayed) return { status: 500, headers: {} };
  // Of a negative delay, or of one that is no number, nothing is left.
  const seconds = Math.max(0, Math.ceil(error.delaySeconds ?? 0)) || 0;
  return { status: 500, headers: { 'retry-after': String(seconds) } };
}
