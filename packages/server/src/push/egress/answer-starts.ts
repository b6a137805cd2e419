import type { Socket } from 'node:net';

/** Errors of connections that had served before and broke before the first byte of the next answer. */
const staleErrors = new WeakSet<Error>();

/**
 * Whether the error is of a stale connection. A receiver may close a kept connection just as the next
 * request is sent. It has then most likely not seen the request, and the error says nothing about it.
 */
export const isOfStaleConnection = (error: Error): boolean => staleErrors.has(error);

/** The beginning of an interim answer. The second digit of the version may be any character. */
const INTERIM = Buffer.from('HTTP/1.? 1');
const ANY = '?'.charCodeAt(0);
const STATUS_END = 'HTTP/1.? 1xx'.length;
/** 101 changes the protocol, so no other answer follows it; undici refuses it. */
const SWITCHING = '101';
const HEAD_END = '\r\n\r\n';
const HEAD_MAX_BYTES = 16 * 1024;
const NOTHING = Buffer.alloc(0);

/** Whether the bytes, as many as there are, can be the beginning of an interim answer (1xx). */
function isInterim(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, INTERIM.length);
  for (let at = 0; at < length; at += 1) {
    if (bytes[at] !== INTERIM[at] && INTERIM[at] !== ANY) return false;
  }
  return bytes.toString('latin1', STATUS_END - SWITCHING.length, STATUS_END) !== SWITCHING;
}

/**
 * Watches where answers begin on a connection on which undici runs one exchange after another. It
 * leaves out interim answers, which we do not use: a client must tolerate those that it did not ask
 * for (RFC 9110, 15.2), but undici closes the connection for a `100 Continue`.
 */
export function withAnswerStarts(socket: Socket): Socket {
  const write = socket.write.bind(socket) as (...given: unknown[]) => boolean;
  const read = socket.read.bind(socket);
  let hasServed = false;
  /** True after a request was sent and before the first byte of its answer has arrived. */
  let isAwaiting = false;
  /** True while the next bytes may be an interim answer or the rest of one. */
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
      // A head that has not ended by now would not be accepted by the parser either.
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
  // This listener must run before undici's own.
  socket.prependListener('error', (error) => {
    if (isAwaiting && hasServed) staleErrors.add(error);
  });
  return socket;
}
