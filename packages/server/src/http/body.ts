import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { ByteBudget } from '../core/byte-budget.js';
import { overloaded, type Refusal, refuse } from '../core/refusal.js';

/** A body as it was read, and the bytes of the budget that it holds until the call is over. */
export interface Body {
  readonly bytes: Buffer;
  readonly heldBytes: number;
}

const EMPTY = Buffer.alloc(0);
/** So much of a body that is refused is read and dropped; who sends more loses the connection. */
const DROPPED_MAX_BYTES = 64 * 1024 * 1024;

/** Reads a body within its limit and within what all bodies together may hold. */
export function readBody(
  stream: IncomingMessage,
  maxBytes: number,
  budget: ByteBudget,
  done: (result: Body | Refusal) => void,
): void {
  const chunks: Buffer[] = [];
  let received = 0;
  let held = 0;
  let over = false;

  const finish = (result: Body | Refusal): void => {
    if (over) return;
    over = true;
    stream.off('data', onData);
    stream.off('end', onEnd);
    stream.off('close', onClose);
    if ('ok' in result) {
      budget.give(held);
      drop(stream);
    }
    done(result);
  };
  const hold = (bytes: number): boolean => {
    if (bytes <= held) return true;
    if (!budget.take(bytes - held)) return false;
    held = bytes;
    return true;
  };
  const onData = (chunk: Buffer): void => {
    received += chunk.length;
    if (received > maxBytes) finish(bodyTooLarge(maxBytes));
    else if (!hold(received)) finish(overloaded('bytes in flight'));
    else chunks.push(chunk);
  };
  const onEnd = (): void => {
    const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, received);
    finish({ bytes: received === 0 ? EMPTY : bytes, heldBytes: held });
  };
  const onClose = (): void => finish(cutOff());

  const announced = Number(stream.headers['content-length'] ?? 0);
  if (announced > maxBytes) return finish(bodyTooLarge(maxBytes));
  if (!hold(announced)) return finish(overloaded('bytes in flight'));
  stream.on('data', onData);
  stream.on('end', onEnd);
  stream.on('close', onClose);
}

/**
 * Many clients send their whole body before they read, and would only find the connection broken if
 * it were closed with the answer.
 */
function drop(stream: IncomingMessage): void {
  let dropped = 0;
  stream.on('data', (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > DROPPED_MAX_BYTES) stream.destroy();
  });
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
