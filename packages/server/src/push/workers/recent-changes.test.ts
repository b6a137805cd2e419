import { describe, expect, it } from 'vitest';
import { RecentChanges } from './recent-changes.js';

describe('RecentChanges', () => {
  it('begins with the number that was read at the start', () => {
    const recent = new RecentChanges(15);
    expect(recent.afterSeq(0)).toBe(0);
    recent.seenAll(7, 0);
    expect([recent.afterSeq(0), recent.afterSeq(1_000)]).toEqual([7, 7]);
  });

  it('goes back to the newest number from before the overlap, so that a late commit is read', () => {
    const recent = new RecentChanges(15);
    recent.seenAll(7, 0);
    recent.seen(9, 10);
    recent.seen(9, 20);
    recent.seen(12, 20);
    expect(recent.afterSeq(24)).toBe(7);
    expect(recent.afterSeq(25)).toBe(9);
    expect(recent.afterSeq(34)).toBe(9);
    expect(recent.afterSeq(35)).toBe(12);
  });

  it('ignores a lower number', () => {
    const recent = new RecentChanges(15);
    recent.seenAll(7, 0);
    recent.seen(3, 1);
    expect(recent.afterSeq(100)).toBe(7);
  });
});
