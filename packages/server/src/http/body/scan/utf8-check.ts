import { isUtf8 } from 'node:buffer';

const NOTHING = new Uint8Array(0);

/** Checks UTF-8 as it arrives. A character split between chunks is checked with the later chunk. */
export class Utf8Check {
  /** The beginning of a character whose rest has not arrived. */
  private cut = NOTHING;

  /** Whether the text is valid so far. */
  push(chunk: Uint8Array): boolean {
    let from = 0;
    if (this.cut.length > 0) {
      from = Math.min(lengthOf(this.cut[0] as number) - this.cut.length, chunk.length);
      const character = joined(this.cut, chunk.subarray(0, from));
      this.cut = NOTHING;
      const isWhole = character.length === lengthOf(character[0] as number);
      if (!isWhole) this.cut = character;
      else if (!isUtf8(character)) return false;
    }
    const whole = chunk.length - cutBytes(chunk, from);
    if (whole < chunk.length) this.cut = chunk.slice(whole);
    return isUtf8(chunk.subarray(from, whole));
  }

  /** Whether the text may end here. */
  end(): boolean {
    return this.cut.length === 0;
  }
}

/** How many bytes at the end of the chunk, not before `from`, begin a character that is not complete. */
function cutBytes(chunk: Uint8Array, from: number): number {
  const { length } = chunk;
  for (let bytes = 1; bytes <= 3 && length - bytes >= from; bytes += 1) {
    const byte = chunk[length - bytes] as number;
    if (byte >= 0xc0) return lengthOf(byte) > bytes ? bytes : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}

function lengthOf(firstByte: number): number {
  if (firstByte >= 0xf0) return 4;
  return firstByte >= 0xe0 ? 3 : 2;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
