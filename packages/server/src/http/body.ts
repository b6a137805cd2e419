import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { Reservation } from '../core/byte-budget.js';
import type { Access } from '../core/caller.js';
import { noRoom } from '../core/lease-within.js';
import { type Refusal, refuse, unauthenticated } from '../core/refusal.js';
import { dropBody } from './body-drop.js';

/** A body as it was read, and the bytes of the budget that it holds until the call is over. */
export interface Body {
  readonly bytes: Buffer;
  readonly room: Reservation;
}

export interface BodyBounds {
  readonly maxBytes: number;
  readonly room: Reservation;
  /** Whose body it is: it is no use any more when the key has ended. */
  readonly access: Access;
}

const EMPTY = Buffer.alloc(0);

/**
 * Reads a body within its limit and within the bytes that may be in flight. They are taken as they
 * arrive: to announce many costs nothing, and so it reserves nothing.
 */
export function readBody(
  stream: IncomingMessage,
  { maxBytes, room, access }: BodyBounds,
  done: (result: Body | Refusal) => void,
): void {
  const chunks: Buffer[] = [];
  let received = 0;
  let over = false;

  const finish = (result: Body | Refusal): void => {
    if (over) return;
    over = true;
    stream.off('data', onData);
    stream.off('end', onEnd);
    stream.off('close', onClose);
    stopListening();
    if ('ok' in result) {
      chunks.length = 0;
      room.release();
      dropBody(stream);
    }
    done(result);
  };
  const onData = (chunk: Buffer): void => {
    received += chunk.length;
    if (received > maxBytes) finish(bodyTooLarge(maxBytes));
    else if (!room.take(chunk.length)) finish(noRoom());
    else chunks.push(chunk);
  };
  const onEnd = (): void => {
    const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, received);
    finish({ bytes: received === 0 ? EMPTY : bytes, room });
  };
  const onClose = (): void => finish(cutOff());
  const stopListening = access.onEnd(() => finish(unauthenticated()));

  const announced = Number(stream.headers['content-length'] ?? 0);
  if (announced > maxBytes) return finish(bodyTooLarge(maxBytes));
  stream.on('data', onData);
  stream.on('end', onEnd);
  stream.on('close', onClose);
}

/** Only plain JSON is read; where the type is missing it is taken as JSON. */
export function checkMediaType(request: FastifyRequest): Refusal | undefined {
  const { headers } = request.raw;
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    return compressed('Content-Encoding', 'must be absent');
  }
  const transfer = headers['transfer-encoding'];
  if (transfer !== undefined && transfer.trim().toLowerCase() !== 'chunked') {
    return compressed('Transfer-Encoding', 'must be chunked or absent');
  }
  const type = request.contentType;
  if (type === undefined || isJsonType(type)) return undefined;
  return wrongMediaType();
}

const compressed = (header: string, rule: string): Refusal =>
  refuse('UNSUPPORTED_MEDIA_TYPE', 'Compressed bodies are not read.', {
    hint: `Send the body as it is, without ${header}.`,
    details: [{ path: '', message: `${header} ${rule}` }],
  });

const wrongMediaType = (): Refusal =>
  refuse('UNSUPPORTED_MEDIA_TYPE', 'The body must be JSON in UTF-8.', {
    hint: "Send the header 'Content-Type: application/json'.",
    details: [{ path: '', message: 'Content-Type must be application/json' }],
  });

function isJsonType(type: string): boolean {
  if (type === 'application/json') return true;
  const [essence = '', ...parameters] = type.toLowerCase().split(';');
  return (
    essence.trim() === 'application/json' &&
    parameters.every((parameter) => {
      const [name = '', value = ''] = parameter.split('=');
      return name.trim() !== 'charset' || /^"?utf-?8"?$/.test(value.trim());
    })
  );
}

/** The body's text and what it says; an empty body is an empty object. */
export function parseJson(bytes: Buffer): { text: string; value: unknown } | Refusal {
  if (bytes.length === 0) return { text: '{}', value: {} };
  if (!isUtf8(bytes)) return invalidJson('it is not valid UTF-8');
  const text = bytes.toString('utf8');
  try {
    return { text, value: JSON.parse(text) };
  } catch (error) {
    // The message may quote the body; what was expected where is enough.
    return invalidJson((error as Error).message.replace(/, (\.\.\.)?"[\s\S]*$/, ''));
  }
}

const invalidJson = (why: string): Refusal =>
  refuse('INVALID_JSON', `The body is no valid JSON: ${why.slice(0, 200)}.`, {
    hint: 'Send one JSON object in UTF-8.',
  });

const bodyTooLarge = (maxBytes: number): Refusal =>
  refuse('PAYLOAD_TOO_LARGE', `The body is over ${maxBytes} bytes.`, {
    hint: 'Keep large data elsewhere and publish a reference to it.',
    details: [{ path: '', message: `must be at most ${maxBytes} bytes` }],
  });

const cutOff = (): Refusal => refuse('INVALID_JSON', 'The body was cut off.');
