/** A page of a list. Without `nextCursor` it is the last one. */
export interface Page<Item> {
  readonly items: Item[];
  readonly nextCursor?: string;
}

/**
 * A list that is read page by page, when it is needed: `for await` walks its items. A list may be read
 * several times.
 */
export class Pages<Item> implements AsyncIterable<Item> {
  readonly #read: (cursor: string | undefined) => Promise<Page<Item>>;
  readonly #firstCursor: string | undefined;

  constructor(read: (cursor: string | undefined) => Promise<Page<Item>>, firstCursor?: string) {
    this.#read = read;
    this.#firstCursor = firstCursor;
  }

  /** The first page, or the one at the `cursor` of the options. */
  page(): Promise<Page<Item>> {
    return this.#read(this.#firstCursor);
  }

  /** All pages from there on. */
  async *pages(): AsyncGenerator<Page<Item>, void, undefined> {
    let cursor = this.#firstCursor;
    do {
      const page = await this.#read(cursor);
      yield page;
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for await (const { items } of this.pages()) yield* items;
  }

  /** The items of all pages, or the first ones up to a number. */
  async toArray(maxItems = Number.POSITIVE_INFINITY): Promise<Item[]> {
    const all: Item[] = [];
    for await (const { items } of this.pages()) {
      for (const item of items) if (all.length < maxItems) all.push(item);
      if (!(all.length < maxItems)) break;
    }
    return all;
  }
}
