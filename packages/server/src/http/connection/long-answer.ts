import { Readable } from 'node:stream';

/** A longer answer is sent slice by slice. */
export const LONG_ANSWER_CHARS = 128 * 1024;
const SLICE_CHARS = 64 * 1024;

/**
 * The text of a long answer, which is encoded slice by slice as the client reads it. So no other
 * request waits while megabytes are encoded, and it shows whether the client reads at all.
 */
export class LongAnswer extends Readable {
  /** The size in UTF-8. */
  readonly bytes: number;
  private piece = 0;
  private at = 0;

  constructor(private readonly pieces: readonly string[]) {
    super({ highWaterMark: SLICE_CHARS });
    this.bytes = pieces.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  }

  override _read(): void {
    if (this.destroyed) return;
    let slice = '';
    while (slice.length < SLICE_CHARS && this.piece < this.pieces.length) {
      slice += this.nextPart(SLICE_CHARS - slice.length);
    }
    const bytes = slice === '' ? null : Buffer.from(slice);
    // Other work has its turn between two slices, even if the client reads as fast as we write.
    setImmediate(() => {
      if (!this.destroyed) this.push(bytes);
    });
  }

  private nextPart(chars: number): string {
    const text = this.pieces[this.piece] as string;
    let end = Math.min(text.length, this.at + chars);
    // A pair of surrogates must not be split.
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end += 1;
    const slice = text.slice(this.at, end);
    this.at = end;
    if (end === text.length) {
      this.piece += 1;
      this.at = 0;
    }
    return slice;
  }
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
