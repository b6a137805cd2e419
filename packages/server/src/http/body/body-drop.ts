import type { IncomingMessage } from 'node:http';
import { setSystemTimer } from '../../core/clock.js';

/** How much of a refused body is read and dropped; a client that sends more loses its connection. */
const DROPPED_MAX_BYTES = 32 * 1024 * 1024;
const DROPPED_WITHIN_MS = 10_000;

/**
 * Reads and drops the rest of a body that is not needed. Many clients send their whole body before
 * they read; if the connection were closed with the answer, they would only see it break.
 */
export function dropBody(stream: IncomingMessage): void {
  if (stream.complete || stream.destroyed || !hasBody(stream)) return;
  let dropped = 0;
  stream.on('data', (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > DROPPED_MAX_BYTES) stream.destroy();
  });
  const cancel = setSystemTimer(() => stream.destroy(), DROPPED_WITHIN_MS);
  stream.resume();
  stream.once('end', cancel);
  stream.once('close', cancel);
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
