import { expect, it } from 'vitest';
import { OldestKnown } from './oldest-known.js';

it('OldestKnown keeps the result of a long walk, for a time that grows with the walk', () => {
  let nowMs = 1_000;
  const oldest = new OldestKnown(() => nowMs);
  oldest.found(1, 111, 100_000);
  oldest.found(2, 222, 200_000);
  expect([...oldest.current()]).toEqual([
    [1, 111],
    [2, 222],
  ]);
  nowMs += 6_001;
  expect([...oldest.current()]).toEqual([[2, 222]]);
  nowMs += 6_000;
  expect(oldest.current().size).toBe(0);
});

it('OldestKnown keeps no result of a short walk', () => {
  const oldest = new OldestKnown(() => 0);
  oldest.found(1, 111, 1_000);
  expect(oldest.current().size).toBe(0);
});

it('OldestKnown returns a map that later calls do not change', () => {
  let nowMs = 0;
  const oldest = new OldestKnown(() => nowMs);
  oldest.found(1, 111, 100_000);
  const current = oldest.current();
  nowMs = 1_000_000;
  oldest.current();
  expect(current.get(1)).toBe(111);
});
