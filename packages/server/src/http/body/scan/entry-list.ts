import { WARNINGS_MAX } from '../unknown-fields.js';
import type { MemberShape } from './body-shape.js';

/** The entries of a list that have been read so far. */
export class EntryList {
  readonly payloads: (string | undefined)[] = [];
  /** The bytes of all payloads, including that of the entry being read. */
  payloadBytes = 0;
  readonly unknownRoom = { left: WARNINGS_MAX };
  /** Each entry is parsed when it ends, so that a long list is never parsed in one go. */
  readonly values: unknown[] = [];

  constructor(
    readonly shape: Extract<MemberShape, { kind: 'list' }>,
    readonly path: string,
  ) {}

  /** The name of the member that is the list. */
  get name(): string {
    return this.path.slice(1);
  }

  get isFull(): boolean {
    return this.values.length === this.shape.maxItems;
  }

  /** The position of the next entry, as a JSON pointer. */
  get nextPath(): string {
    return `${this.path}/${this.values.length}`;
  }

  add(text: string, payload: string | undefined): void {
    this.values.push(JSON.parse(text));
    this.payloads.push(payload);
  }
}
