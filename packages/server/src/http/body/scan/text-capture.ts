import { isAscii } from 'node:buffer';

const NOTHING: Buffer = Buffer.alloc(0);

/** Captures one text at a time, which may span several chunks. Parts of it can be left out. */
export class TextCapture {
  private chunk = NOTHING;
  /** Where the part still to be gathered begins in the chunk; -1 while a part is left out. */
  private from = -1;
  /** Reused for one text after another. A text within one chunk does not need it. */
  private gathered = NOTHING;
  private gatheredBytes = 0;
  source: Buffer = NOTHING;
  sourceFrom = 0;
  sourceTo = 0;

  nextChunk(chunk: Buffer): void {
    this.chunk = chunk;
  }

  begin(at: number): void {
    this.gatheredBytes = 0;
    this.from = at;
  }

  /** Leaves out the text from here until `resume`. */
  pause(at: number): void {
    this.gather(at);
    this.from = -1;
  }

  resume(at: number): void {
    this.from = at;
  }

  get isPaused(): boolean {
    return this.from === -1;
  }

  bytes(to: number): number {
    return this.gatheredBytes + (this.from === -1 ? 0 : to - this.from);
  }

  /** Copies the chunk's part of the text, because the chunk is not kept. */
  endChunk(): void {
    if (this.from === -1) return;
    this.gather(this.chunk.length);
    this.from = 0;
  }

  /** Ends the text, which is then in `source` until the next one begins. */
  end(to: number): void {
    if (this.gatheredBytes === 0) {
      this.source = this.chunk;
      this.sourceFrom = this.from;
      this.sourceTo = to;
    } else {
      this.gather(to);
      this.source = this.gathered;
      this.sourceFrom = 0;
      this.sourceTo = this.gatheredBytes;
    }
    this.from = -1;
  }

  /** The ended text, or the beginning of it, as a new string. */
  text(maxBytes = Number.POSITIVE_INFINITY): string {
    const { source, sourceFrom, sourceTo } = this;
    return textOf(source, sourceFrom, Math.min(sourceTo, sourceFrom + maxBytes));
  }

  private gather(to: number): void {
    if (this.from === -1) return;
    const bytes = this.bytes(to);
    if (bytes > this.gathered.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * this.gathered.length, 1_024));
      this.gathered.copy(larger, 0, 0, this.gatheredBytes);
      this.gathered = larger;
    }
    this.chunk.copy(this.gathered, this.gatheredBytes, this.from, to);
    this.gatheredBytes = bytes;
  }
}

/** From this size on it pays to check whether a text is ASCII, which is decoded several times faster. */
const LARGE_BYTES = 4 * 1024;

function textOf(bytes: Buffer, from: number, to: number): string {
  const isLatin = to - from >= LARGE_BYTES && isAscii(bytes.subarray(from, to));
  return bytes.toString(isLatin ? 'latin1' : 'utf8', from, to);
}
