/** The first items of a list, which may be longer. */
export async function* first<Item>(max: number, items: AsyncIterable<Item>): AsyncGenerator<Item> {
  let count = 0;
  for await (const item of items) {
    yield item;
    count += 1;
    if (count >= max) return;
  }
}
