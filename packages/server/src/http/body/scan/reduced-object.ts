import type { BodyShape } from './body-shape.js';

/** How many more unknown names are kept; an answer names only the first ones. */
export interface UnknownRoom {
  left: number;
}

/**
 * The known members of an object. Of several members with the same name the last one counts. Unknown
 * members are kept with null as their value, as long as there is room for their names.
 */
export class ReducedObject {
  /** The text of the member `payload`, once it has been read. */
  payload: string | undefined;
  payloadBytes = 0;
  private name = '';
  private readonly texts = new Map<string, string>();
  private readonly unknown = new Set<string>();

  /**
   * @param path the position of the object, as a JSON pointer
   * @param room for unknown names, shared with other objects
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

  /** Chooses the member whose value follows. */
  choose(name: string): void {
    this.name = name;
  }

  /** The path of the chosen member. The names of a schema need no escapes in a pointer. */
  get memberPath(): string {
    return `${this.path}/${this.name}`;
  }

  /** Sets the value of the chosen member. */
  set(text: string): void {
    this.texts.set(this.name, text);
  }

  text(): string {
    const members = [...this.texts].map(([name, text]) => `"${name}":${text}`);
    for (const name of this.unknown) members.push(`${JSON.stringify(name)}:null`);
    return `{${members.join(',')}}`;
  }
}
