import type { MemberShape } from './body-shape.js';

/** The entries of a list, as far as they have been read. */
export class EntryList {
  readonly payloads: (string | undefined)[] = [];
  /** Of all payloads, that of an entry under way included. */
  payloadBytes = 0;
  private readonly texts: string[] = [];

  constructor(
    readonly shape: Extract<MemberShape, { kind: 'list' }>,
    readonly path: string,
  ) {}

  get isFull(): boolean {
    return this.texts.length === this.shape.maxItems;
  }

  /** Where the next entry stands, as a JSON pointer. */
  get nextPath(): string {
    return `${this.path}/${this.texts.length}`;
  }

  add(text: string, payload: string | undefined): void {
    this.texts.push(text);
    this.payloads.push(payload);
  }

  /** The whole list, at its end; the texts of its entries are let go. */
  takeText(): string {
    return `[${this.texts.splice(0).join(',')}]`;
  }
}
