import type { IncomingMessage } from 'node:http';
import type { Reservation } from '../../core/engine/byte-budget.js';
import { noRoom } from '../../core/engine/lease-within.js';
import type { Access } from '../../core/keys/caller.js';
import { isRefusal, type Refusal, refuse, unauthenticated } from '../../core/refusal.js';
import { dropBody } from './body-drop.js';
import { bodyTooLarge } from './payload-limits.js';
import type { ScannedBody } from './scan/body-collector.js';
import { BodyScan } from './scan/body-scan.js';
import type { BodyShape } from './scan/body-shape.js';

/** A body as it was read, with the bytes of the budget that it takes until the call has ended. */
export interface Body {
  /** Empty if the body was scanned. */
  readonly bytes: Buffer;
  /** The parts of a large body that were kept. */
  readonly scanned: ScannedBody | undefined;
  readonly room: Reservation;
}

export interface BodyBounds {
  readonly maxBytes: number;
  readonly shape: BodyShape;
  readonly room: Reservation;
  /** The caller's access: when the key ends, reading the body stops. */
  readonly access: Access;
  /** Scans a chunk when it is this caller's turn. */
  readonly scanInTurn: (scan: () => void) => void;
  /** Registers a function that ends the body, called when the server stops and cannot wait longer. */
  readonly onTimeUp: (end: () => void) => void;
  /** Returns what is wrong with the type of the body, before its contents are read. */
  readonly checkType: () => Refusal | undefined;
}

const EMPTY = Buffer.alloc(0);
/**
 * A larger body is scanned as it arrives. Parsing it in one go would block all other requests
 * meanwhile, and may need twenty times its bytes.
 */
const SCANNED_FROM_BYTES = 64 * 1024;

/**
 * Reads a body, within its limit and within the bytes that may be in flight. Bytes are reserved as
 * they arrive, not as announced, because a client can announce any number at no cost.
 */
export function readBody(
  stream: IncomingMessage,
  { maxBytes, shape, room, access, checkType, scanInTurn, onTimeUp }: BodyBounds,
  done: (result: Body | Refusal) => void,
): void {
  let chunks: Buffer[] = [];
  let scan: BodyScan | undefined;
  let received = 0;
  /** The number of chunks that wait for their turn to be scanned. */
  let waiting = 0;
  let isWhole = false;
  let over = false;

  const finish = (result: Body | Refusal): void => {
    if (over) return;
    over = true;
    stream.off('data', onData);
    stream.off('end', onEnd);
    stream.off('close', onClose);
    stopListening();
    if (isRefusal(result)) {
      chunks = [];
      room.release();
      dropBody(stream);
    }
    done(result);
  };
  const take = (chunk: Buffer): Refusal | undefined => {
    received += chunk.length;
    if (received > maxBytes) return bodyTooLarge(maxBytes, shape);
    if (!room.take(chunk.length)) return noRoom();
    if (scan !== undefined) {
      scanLater(chunk);
      return undefined;
    }
    chunks.push(chunk);
    return received > SCANNED_FROM_BYTES ? beginScan() : undefined;
  };
  const beginScan = (): Refusal | undefined => {
    const refusal = checkType();
    if (refusal !== undefined) return refusal;
    scan = new BodyScan(shape);
    for (const chunk of chunks.splice(0)) {
      const fault = scan.push(chunk);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
  /** While a chunk waits for its turn no more chunks are read. The end may come, and then waits too. */
  const scanLater = (chunk: Buffer): void => {
    waiting += 1;
    stream.pause();
    scanInTurn(() => {
      waiting -= 1;
      if (over) return;
      const refusal = scan?.push(chunk);
      if (refusal !== undefined) finish(refusal);
      else if (isWhole && waiting === 0) finishWhole();
      else stream.resume();
    });
  };
  const onData = (chunk: Buffer): void => {
    const refusal = take(chunk);
    if (refusal !== undefined) finish(refusal);
  };
  const onEnd = (): void => {
    isWhole = true;
    if (waiting === 0) finishWhole();
  };
  const finishWhole = (): void => {
    const scanned = scan?.end();
    if (scanned !== undefined) {
      finish(isRefusal(scanned) ? scanned : { bytes: EMPTY, scanned, room });
      return;
    }
    const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, received);
    finish({ bytes, scanned, room });
  };
  const onClose = (): void => {
    // This event also follows the end of a complete body.
    if (!isWhole) finish(cutOff());
  };
  const stopListening = access.onEnd(() => finish(unauthenticated()));

  const announced = Number(stream.headers['content-length'] ?? 0);
  if (announced > maxBytes) return finish(bodyTooLarge(maxBytes, shape));
  // The client may have left while the request waited for its turn; then there are no more events.
  if (stream.destroyed) return finish(cutOff());
  onTimeUp(() => finish(noTimeLeft()));
  stream.on('data', onData);
  stream.on('end', onEnd);
  stream.on('close', onClose);
}

const noTimeLeft = (): Refusal =>
  refuse('OVERLOADED', 'The server is stopping and the body has not arrived; nothing was done.', {
    hint: 'Wait as Retry-After says, then send the request again.',
  });

const cutOff = (): Refusal => refuse('INVALID_JSON', 'The body was cut off before its end.');
