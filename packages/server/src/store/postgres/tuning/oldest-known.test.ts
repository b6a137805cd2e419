import { expect, it } from 'vitest';
import { OldestKnown } from './oldest-known.js';

it('keeps what a long walk has found, for a time that grows with the walk', () => {
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

it('keeps nothing of a short walk', () => {
  const oldest = new OldestKnown(() => 0);
  oldest.found(1, 111, 1_000);
  expect(oldest.current().size).toBe(0);
});

it('says what was current when it was asked, whatever comes after', () => {
  let nowMs = 0;
  const oldest = new OldestKnown(() => nowMs);
  oldest.found(1, 111, 100_000);
  const current = oldest.current();
  nowMs = 1_000_000;
  oldest.current();
  expect(current.get(1)).toBe(111);
});
