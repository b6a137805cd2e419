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
  bounds: BodyBounds,
  done: (result: Body | Refusal) => void,
): void {
  new BodyReader(stream, bounds, done).start();
}

class BodyReader {
  private chunks: Buffer[] = [];
  private scan: BodyScan | undefined;
  private received = 0;
  /** Chunks that wait for their turn to be scanned. */
  private waiting = 0;
  private isWhole = false;
  private isOver = false;
  private stopListening: () => void = () => undefined;

  constructor(
    private readonly stream: IncomingMessage,
    private readonly bounds: BodyBounds,
    private readonly done: (result: Body | Refusal) => void,
  ) {}

  start(): void {
    const { stream } = this;
    const { maxBytes, shape, access, onTimeUp } = this.bounds;
    this.stopListening = access.onEnd(() => this.finish(unauthenticated()));
    const announced = Number(stream.headers['content-length'] ?? 0);
    if (announced > maxBytes) return this.finish(bodyTooLarge(maxBytes, shape));
    // The client may have left while the request waited for its turn; then there are no more events.
    if (stream.destroyed) return this.finish(cutOff());
    onTimeUp(() => this.finish(noTimeLeft()));
    stream.on('data', this.onData);
    stream.on('end', this.onEnd);
    stream.on('close', this.onClose);
  }

  private readonly onData = (chunk: Buffer): void => {
    const refusal = this.take(chunk);
    if (refusal !== undefined) this.finish(refusal);
  };

  private readonly onEnd = (): void => {
    this.isWhole = true;
    if (this.waiting === 0) this.finishWhole();
  };

  private readonly onClose = (): void => {
    // This event also follows the end of a complete body.
    if (!this.isWhole) this.finish(cutOff());
  };

  private take(chunk: Buffer): Refusal | undefined {
    const { maxBytes, shape, room } = this.bounds;
    this.received += chunk.length;
    if (this.received > maxBytes) return bodyTooLarge(maxBytes, shape);
    if (!room.take(chunk.length)) return noRoom();
    if (this.scan !== undefined) {
      this.scanLater(this.scan, chunk);
      return undefined;
    }
    this.chunks.push(chunk);
    return this.received > SCANNED_FROM_BYTES ? this.beginScan() : undefined;
  }

  private beginScan(): Refusal | undefined {
    const refusal = this.bounds.checkType();
    if (refusal !== undefined) return refusal;
    this.scan = new BodyScan(this.bounds.shape);
    for (const chunk of this.chunks.splice(0)) {
      const fault = this.scan.push(chunk);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  /** While a chunk waits for its turn no more chunks are read. The end may come, and then waits too. */
  private scanLater(scan: BodyScan, chunk: Buffer): void {
    this.waiting += 1;
    this.stream.pause();
    this.bounds.scanInTurn(() => {
      this.waiting -= 1;
      if (this.isOver) return;
      const refusal = scan.push(chunk);
      if (refusal !== undefined) this.finish(refusal);
      else if (this.isWhole && this.waiting === 0) this.finishWhole();
      else this.stream.resume();
    });
  }

  private finishWhole(): void {
    const { chunks, received } = this;
    const { room } = this.bounds;
    const scanned = this.scan?.end();
    if (scanned !== undefined) {
      this.finish(isRefusal(scanned) ? scanned : { bytes: EMPTY, scanned, room });
      return;
    }
    const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, received);
    this.finish({ bytes, scanned, room });
  }

  private finish(result: Body | Refusal): void {
    if (this.isOver) return;
    this.isOver = true;
    const { stream } = this;
    stream.off('data', this.onData);
    stream.off('end', this.onEnd);
    stream.off('close', this.onClose);
    this.stopListening();
    if (isRefusal(result)) {
      this.chunks = [];
      this.bounds.room.release();
      dropBody(stream);
    }
    this.done(result);
  }
}

const noTimeLeft = (): Refusal =>
  refuse('OVERLOADED', 'The server is stopping and the body has not arrived; nothing was done.', {
    hint: 'Wait as Retry-After says, then send the request again.',
  });

const cutOff = (): Refusal => refuse('INVALID_JSON', 'The body was cut off before its end.');
