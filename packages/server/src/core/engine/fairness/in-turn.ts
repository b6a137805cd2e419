import { FairQueue } from './fair-queue.js';

/** The first items, taken from the projects in turn. */
export function inTurn<T extends { readonly project: string }>(
  items: readonly T[],
  max: number,
): T[] {
  const queue = new FairQueue<T>();
  for (const item of items) queue.push(item.project, item);
  return Array.from({ length: Math.min(max, items.length) }, () => queue.shift() as T);
}
