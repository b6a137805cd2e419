import type { BodyShape } from './body-shape.js';

/** The known members of an object; of several with one name the last one counts. */
export class ReducedObject {
  /** What has been read of the member `payload`. */
  payload: string | undefined;
  payloadBytes = 0;
  private name = '';
  private readonly texts = new Map<string, string>();

  /** @param path where the object stands, as a JSON pointer */
  constructor(
    readonly shape: BodyShape,
    readonly path: string,
  ) {}

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
    return `{${members.join(',')}}`;
  }
}
