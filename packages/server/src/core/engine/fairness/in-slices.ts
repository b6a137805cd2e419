/** How many items are handled in one turn of the event loop. */
const SLICE = 32;

/** Handles each item, and lets other work run in between when there are many. */
export function inSlices<T>(items: readonly T[], work: (item: T) => void, from = 0): void {
  const to = Math.min(items.length, from + SLICE);
  for (let index = from; index < to; index += 1) work(items[index] as T);
  if (to < items.length) setImmediate(() => inSlices(items, work, to));
}
