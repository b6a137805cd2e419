import type { Socket } from 'node:net';

/** Of connections that had served before, and broke before the first byte of the next answer. */
const staleErrors = new WeakSet<Error>();

/**
 * A receiver may close a connection that is kept just as the next request leaves. It has then most
 * likely not seen the request, and in any case says nothing about it.
 */
export const isOfStaleConnection = (error: Error): boolean => staleErrors.has(error);

/** The second figure of the version may be any. */
const INTERIM = Buffer.from('HTTP/1.? 1');
const ANY = '?'.charCodeAt(0);
const STATUS_END = 'HTTP/1.? 1xx'.length;
/** It changes the protocol, so that nothing of the kind follows; undici refuses it. */
const SWITCHING = '101';
const HEAD_END = '\r\n\r\n';
const HEAD_MAX_BYTES = 16 * 1024;
const NOTHING = Buffer.alloc(0);

/** Whether it is the beginning of an interim answer (1xx), as far as it goes. */
function isInterim(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, INTERIM.length);
  for (let at = 0; at < length; at += 1) {
    if (bytes[at] !== INTERIM[at] && INTERIM[at] !== ANY) return false;
  }
  return bytes.toString('latin1', STATUS_END - SWITCHING.length, STATUS_END) !== SWITCHING;
}

/**
 * Sees where answers begin on a connection that undici writes to and reads from, one exchange after
 * the other. It leaves out interim answers, which mean nothing to us: a client has to stand those that
 * it did not ask for (RFC 9110, 15.2), and undici ends the connection for a `100 Continue`.
 */
export function withAnswerStarts(socket: Socket): Socket {
  const write = socket.write.bind(socket) as (...given: unknown[]) => boolean;
  const read = socket.read.bind(socket);
  let hasServed = false;
  /** A request has left, and no byte of its answer has come. */
  let isAwaiting = false;
  /** What comes may be an interim answer, or the rest of one. */
  let isAtStart = false;
  let held: Buffer = NOTHING;

  const passOn = (chunk: Buffer): Buffer => {
    let bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    held = NOTHING;
    while (isInterim(bytes)) {
      const end = bytes.indexOf(HEAD_END);
      if (end < 0 && bytes.length <= HEAD_MAX_BYTES) {
        held = bytes;
        return NOTHING;
      }
      // What is no head for so long is nothing that a parser would take either.
      if (end < 0) break;
      bytes = bytes.subarray(end + HEAD_END.length);
    }
    isAtStart = false;
    return bytes;
  };

  socket.write = (...given: unknown[]) => {
    if (!isAwaiting) isAtStart = true;
    isAwaiting = true;
    return write(...given);
  };
  socket.read = (size?: number) => {
    for (;;) {
      const chunk: Buffer | null = read(size);
      if (chunk === null) return null;
      isAwaiting = false;
      hasServed = true;
      const bytes = isAtStart ? passOn(chunk) : chunk;
      if (bytes.length > 0) return bytes;
    }
  };
  // It comes before undici's own listener.
  socket.prependListener('error', (error) => {
    if (isAwaiting && hasServed) staleErrors.add(error);
  });
  return socket;
}
