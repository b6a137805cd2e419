import { WARNINGS_MAX } from '../unknown-fields.js';
import type { MemberShape } from './body-shape.js';

/** The entries of a list, as far as they have been read. */
export class EntryList {
  readonly payloads: (string | undefined)[] = [];
  /** Of all payloads, that of an entry under way included. */
  payloadBytes = 0;
  readonly unknownRoom = { left: WARNINGS_MAX };
  /** Each was parsed as it ended, so that a long list is never parsed at once. */
  readonly values: unknown[] = [];

  constructor(
    readonly shape: Extract<MemberShape, { kind: 'list' }>,
    readonly path: string,
  ) {}

  /** The member that holds the list. */
  get name(): string {
    return this.path.slice(1);
  }

  get isFull(): boolean {
    return this.values.length === this.shape.maxItems;
  }

  /** Where the next entry stands, as a JSON pointer. */
  get nextPath(): string {
    return `${this.path}/${this.values.length}`;
  }

  add(text: string, payload: string | undefined): void {
    this.values.push(JSON.parse(text));
    this.payloads.push(payload);
  }
}
