import type { BodyShape, KnownMember } from './body-shape.js';
import { decodedBeginning } from './text-beginning.js';
import type { TextCapture } from './text-capture.js';

/** More bytes than any name of a schema has, even with every character escaped. */
const NAME_MAX_BYTES = 768;

/** Reads the names of members, and only the beginning of a name that is too long to be known. */
export class NameReader {
  private isReading = false;

  constructor(private readonly capture: TextCapture) {}

  /** @param at the position after the opening quote */
  begin(at: number): void {
    this.isReading = true;
    this.capture.begin(at);
  }

  endChunk(): void {
    if (!this.isReading) return;
    this.capture.endChunk();
    if (this.capture.bytes(0) > NAME_MAX_BYTES) this.capture.pause(0);
  }

  /** @param at the closing quote */
  end(at: number): void {
    this.isReading = false;
    this.capture.end(at);
  }

  /** The member with this name. Most names are recognised without decoding them. */
  find(shape: BodyShape): KnownMember | undefined {
    const { source, sourceFrom, sourceTo } = this.capture;
    if (sourceTo - sourceFrom > NAME_MAX_BYTES) return undefined;
    const plain = shape.find(source, sourceFrom, sourceTo);
    if (plain !== undefined || !holds(BACKSLASH, source, sourceFrom, sourceTo)) return plain;
    return shape.get(this.text());
  }

  text(): string {
    const text = this.capture.text(NAME_MAX_BYTES);
    if (!text.includes('\\')) return text;
    return decodedBeginning(text);
  }
}

const BACKSLASH = 0x5c;

function holds(byte: number, bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (bytes[at] === byte) return true;
  return false;
}
