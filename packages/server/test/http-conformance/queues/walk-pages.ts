import { expect } from 'vitest';
import type { Json } from '../../harness/http-server.js';
import type { ManagingClient } from '../../harness/managing-client.js';

/**
 * Reads all pages of a list. One round of `disturb` runs while each page is read and another one
 * between two pages, because a list can go wrong at either time.
 */
export async function walkPages(
  client: ManagingClient,
  path: string,
  limit: number | (() => number),
  disturb: (round: number) => Promise<unknown>,
): Promise<Json[]> {
  const items: Json[] = [];
  const pages = client.pages(path, limit);
  for (let round = 0; ; round += 2) {
    const [page] = await Promise.all([pages.next(), disturb(round)]);
    if (page.done) return items;
    items.push(...page.value);
    await disturb(round + 1);
    expect(round, 'the pages come to an end').toBeLessThan(2_000);
  }
}

export const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

/** Expects each item that stayed throughout once; items that came, went or moved may be listed. */
export function expectOnceEach(seen: readonly string[], standing: Iterable<string>): void {
  const times = new Map<string, number>();
  for (const id of seen) times.set(id, (times.get(id) ?? 0) + 1);
  const all = [...standing];
  expect(
    all.filter((id) => !times.has(id)),
    'missed',
  ).toEqual([]);
  expect(
    all.filter((id) => (times.get(id) ?? 0) > 1),
    'doubled',
  ).toEqual([]);
}
