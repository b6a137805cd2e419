import { describe, expect, it } from 'vitest';
import { KeptApart } from './kept-apart.js';

describe('what keeps apart', () => {
  let nowMs = 0;
  const make = (): KeptApart => new KeptApart(100, () => nowMs);

  it('does so until its time is over, each for itself', () => {
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

  it('does so anew from the last time on, and no longer when it is taken off', () => {
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

  it('forgets what has been kept longest when there is too much', () => {
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
