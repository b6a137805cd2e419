import type { Refusal } from '../../../core/refusal.js';
import { BodyCollector, type ScannedBody } from './body-collector.js';
import type { BodyShape } from './body-shape.js';
import { invalidJson } from './invalid-json.js';
import { JsonScanner } from './json-scanner.js';
import { Utf8Check } from './utf8-check.js';

/**
 * Reads a body as it arrives, so that a large one is never parsed as a whole. A fault is refused with
 * the chunk that shows it, and only the parts that the call needs are kept. It accepts all valid UTF-8
 * that JSON.parse accepts. In addition, lengths are checked before contents, even for members that a
 * later member of the same name would replace.
 */
export class BodyScan {
  private readonly utf8 = new Utf8Check();
  private collector: BodyCollector;
  private scanner: JsonScanner;
  private refusal: Refusal | undefined;

  constructor(private readonly shape: BodyShape) {
    this.collector = new BodyCollector(shape);
    this.scanner = new JsonScanner(this.collector);
  }

  push(chunk: Uint8Array): Refusal | undefined {
    if (this.refusal !== undefined) return this.refusal;
    this.refusal = this.read(chunk);
    if (this.refusal !== undefined) this.letGo();
    return this.refusal;
  }

  end(): ScannedBody | Refusal {
    this.refusal ??= this.utf8.end() ? this.scanner.end() : notUtf8();
    return this.refusal ?? this.collector.finish();
  }

  private read(chunk: Uint8Array): Refusal | undefined {
    if (!this.utf8.push(chunk)) return notUtf8();
    this.collector.beginChunk(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
    return this.scanner.push(chunk) ?? this.collector.endChunk(chunk.length);
  }

  /** Drops everything that was kept of a refused body. */
  private letGo(): void {
    this.collector = new BodyCollector(this.shape);
    this.scanner = new JsonScanner(this.collector);
  }
}

const notUtf8 = (): Refusal => invalidJson('it is not valid UTF-8');
