import type { QueueMessage } from '../contract/records.js';
import { invalidOption, MillraceError } from '../errors.js';
import { fromWire } from '../names.js';
import { type ReceivedHeaders, readHeader } from './headers.js';
import { checkSignature, type Secrets, type VerifyOptions } from './signature.js';

/** A push whose signature is right. */
export interface PushMessage<T = unknown> {
  readonly messageId: string;
  readonly payload: T;
  /** The whole message, if the subscription has the format `message`. */
  readonly message: QueueMessage<T> | undefined;
  /** With the format `payload` it comes from a header, which the signature does not cover. */
  readonly queue: string | undefined;
  /** Deliveries so far, this one included. With the format `payload` it comes from a header, too. */
  readonly deliveryCount: number | undefined;
}

/**
 * Checks the signature of a push and reads it.
 *
 * @param rawBody the body as it was received, before any parsing
 * @param secret that of the subscription, or several while it is changed
 * @throws MillraceError `INVALID_SIGNATURE`, `INVALID_PAYLOAD` when the body is no JSON, or
 *   `INVALID_OPTION` when a secret cannot be one
 */
export async function verifySignature<T = unknown>(
  headers: ReceivedHeaders,
  rawBody: Uint8Array | string,
  secret: Secrets,
  options: VerifyOptions = {},
): Promise<PushMessage<T>> {
  const body = typeof rawBody === 'string' ? new TextEncoder().encode(rawBody) : rawBody;
  if (!(body instanceof Uint8Array)) {
    throw invalidOption('rawBody must be the bytes or the text of the body, before any parsing');
  }
  await checkSignature(headers, body, secret, options);
  const messageId = readHeader(headers, 'webhook-id') as string;
  const content = parsed(body);
  if (isMessage(content, messageId)) {
    const message = fromWire(content) as QueueMessage<T>;
    const { payload, queue, deliveryCount } = message;
    return { messageId, payload, message, queue, deliveryCount };
  }
  const attempt = Number(readHeader(headers, 'x-millrace-attempt'));
  return {
    messageId,
    payload: content as T,
    message: undefined,
    queue: readHeader(headers, 'x-millrace-queue'),
    deliveryCount: Number.isInteger(attempt) ? attempt : undefined,
  };
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    // The error of JSON.parse would quote the body.
    throw new MillraceError({
      code: 'INVALID_PAYLOAD',
      message: 'the body of the push is not JSON',
    });
  }
}

/** Who publishes a payload does not know the id that it will have, so it cannot pass for a message. */
const isMessage = (content: unknown, messageId: string): boolean =>
  typeof content === 'object' &&
  content !== null &&
  'payload' in content &&
  'message_id' in content &&
  content.message_id === messageId;
