import { describe, expect, it } from 'vitest';
import { Lookahead } from './lookahead.js';

function measured(leaseMs: number, pushMs: number): Lookahead {
  const lookahead = new Lookahead();
  for (let count = 0; count < 100; count += 1) {
    lookahead.leased(leaseMs);
    lookahead.pushed(pushMs);
  }
  return lookahead;
}

describe('the number of messages to prefetch', () => {
  it('is 0 before any measurement', () => {
    expect(new Lookahead().slots(100)).toBe(0);
  });

  it('is 0 before the first push has ended', () => {
    const lookahead = new Lookahead();
    lookahead.leased(1_000);
    expect(lookahead.slots(100)).toBe(0);
  });

  it('is the share of the slots that two leases take of a push', () => {
    expect(measured(10, 40).slots(20)).toBe(9);
    expect(measured(10, 10).slots(20)).toBe(39);
  });

  it('is 0 for a slow receiver', () => {
    expect(measured(10, 1_000).slots(10)).toBe(0);
  });

  it('is at most three times the slots, however long leases take', () => {
    expect(measured(60_000, 1).slots(10)).toBe(30);
    expect(measured(60_000, 0).slots(10)).toBe(30);
  });

  it('follows a receiver that becomes slow', () => {
    const lookahead = measured(10, 5);
    for (let count = 0; count < 50; count += 1) lookahead.pushed(5_000);
    expect(lookahead.slots(10)).toBe(0);
  });
});
