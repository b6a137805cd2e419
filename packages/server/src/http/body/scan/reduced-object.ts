import type { BodyShape } from './body-shape.js';

/** How many more unknown names are kept: an answer tells of the first ones only. */
export interface UnknownRoom {
  left: number;
}

/**
 * The known members of an object; of several with one name the last one counts. Of others it keeps
 * the names, with null for their values, as long as there is room for some.
 */
export class ReducedObject {
  /** What has been read of the member `payload`. */
  payload: string | undefined;
  payloadBytes = 0;
  private name = '';
  private readonly texts = new Map<string, string>();
  private readonly unknown = new Set<string>();

  /**
   * @param path where the object stands, as a JSON pointer
   * @param room for unknown names, here and in others that share it
   */
  constructor(
    readonly shape: BodyShape,
    readonly path: string,
    private readonly room: UnknownRoom,
  ) {}

  get keepsUnknown(): boolean {
    return this.room.left > 0;
  }

  addUnknown(name: string): void {
    if (this.unknown.has(name)) return;
    this.room.left -= 1;
    this.unknown.add(name);
  }

  /** Says whose value follows. */
  choose(name: string): void {
    this.name = name;
  }

  /** Of the member that was chosen. The names of a schema need no escapes in a pointer. */
  get memberPath(): string {
    return `${this.path}/${this.name}`;
  }

  /** Sets the member that was chosen. */
  set(text: string): void {
    this.texts.set(this.name, text);
  }

  text(): string {
    const members = [...this.texts].map(([name, text]) => `"${name}":${text}`);
    for (const name of this.unknown) members.push(`${JSON.stringify(name)}:null`);
    return `{${members.join(',')}}`;
  }
}
