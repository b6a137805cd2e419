import { describe, expect, it } from 'vitest';
import { KeptApart } from './kept-apart.js';

describe('a key that is kept apart', () => {
  let nowMs = 0;
  const make = (): KeptApart => new KeptApart(100, () => nowMs);

  it('is kept so until its own time is over', () => {
    nowMs = 0;
    const apart = make();
    expect(apart.has('a')).toBe(false);
    apart.add('a');
    nowMs = 60;
    apart.add('b');
    nowMs = 99;
    expect([apart.has('a'), apart.has('b')]).toEqual([true, true]);
    nowMs = 100;
    expect([apart.has('a'), apart.has('b')]).toEqual([false, true]);
  });

  it('is kept so from its latest addition on, or until it is deleted', () => {
    nowMs = 0;
    const apart = make();
    apart.add('a');
    nowMs = 90;
    apart.add('a');
    nowMs = 189;
    expect(apart.has('a')).toBe(true);
    apart.delete('a');
    expect(apart.has('a')).toBe(false);
  });

  it('is forgotten first when it is the oldest of too many', () => {
    nowMs = 0;
    const apart = make();
    for (let key = 0; key < 10_000; key += 1) apart.add(String(key));
    apart.add('0');
    apart.add('one more');
    expect([apart.has('0'), apart.has('1'), apart.has('2'), apart.has('one more')]).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });
});
