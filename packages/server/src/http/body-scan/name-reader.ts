import type { TextCapture } from './text-capture.js';

/** More than any name of a schema takes, written all in escapes. */
export const NAME_MAX_BYTES = 768;

/** Reads the names of members; of one that is too long to be known only the beginning. */
export class NameReader {
  private isReading = false;

  constructor(private readonly capture: TextCapture) {}

  /** @param at behind the opening quote */
  begin(at: number): void {
    this.isReading = true;
    this.capture.begin(at);
  }

  endChunk(): void {
    if (!this.isReading) return;
    this.capture.endChunk();
    if (this.capture.bytes(0) > NAME_MAX_BYTES) this.capture.pause(0);
  }

  /** @param at of the closing quote */
  end(at: number): string {
    this.isReading = false;
    const isCut = this.capture.bytes(at) > NAME_MAX_BYTES;
    const text = this.capture.end(at, NAME_MAX_BYTES);
    if (isCut) return `${text}…`;
    return text.includes('\\') ? JSON.parse(`"${text}"`) : text;
  }
}
