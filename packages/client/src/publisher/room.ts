/** The room for messages that wait or are under way. Who finds it full waits, in the order of arrival. */
export class Room {
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  #messages = 0;
  #bytes = 0;
  readonly #entering: { readonly bytes: number; resolve(): void }[] = [];
  readonly #watching: (() => void)[] = [];

  constructor(maxMessages: number, maxBytes: number) {
    this.#maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
  }

  get messages(): number {
    return this.#messages;
  }

  /** Resolves once there is room, which is then taken for a message of this size. */
  async enter(bytes: number): Promise<void> {
    if (!this.#hasRoom || this.#entering.length > 0) {
      await new Promise<void>((resolve) => this.#entering.push({ bytes, resolve }));
    } else {
      this.#take(bytes);
    }
  }

  /** Resolves once there is room, without taking it. */
  async whenFree(): Promise<void> {
    while (!this.#hasRoom || this.#entering.length > 0) {
      await new Promise<void>((resolve) => this.#watching.push(resolve));
    }
  }

  leave(bytes: number): void {
    this.#messages -= 1;
    this.#bytes -= bytes;
    while (this.#hasRoom) {
      const next = this.#entering.shift();
      if (next === undefined) break;
      this.#take(next.bytes);
      next.resolve();
    }
    if (this.#hasRoom) for (const resolve of this.#watching.splice(0)) resolve();
  }

  #take(bytes: number): void {
    this.#messages += 1;
    this.#bytes += bytes;
  }

  get #hasRoom(): boolean {
    return this.#messages < this.#maxMessages && this.#bytes < this.#maxBytes;
  }
}
