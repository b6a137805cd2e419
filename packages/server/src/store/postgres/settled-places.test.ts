import { describe, expect, it } from 'vitest';
import { SettledPlaces } from './settled-places.js';

describe('the place up to which all is settled', () => {
  it('waits until the transaction that marked it, and all before it, have ended', () => {
    const places = new SettledPlaces();
    places.mark({ lastSeq: 100, transaction: 7n });
    places.settle(6n);
    places.settle(7n);
    expect(places.untilSeq).toBe(0);
    places.settle(8n);
    expect(places.untilSeq).toBe(100);
  });

  it('rises mark by mark and never falls', () => {
    const places = new SettledPlaces();
    places.mark({ lastSeq: 100, transaction: 7n });
    places.mark({ lastSeq: 200, transaction: 9n });
    places.settle(8n);
    expect(places.untilSeq).toBe(100);
    places.settle(20n);
    expect(places.untilSeq).toBe(200);
    places.settle(8n);
    expect(places.untilSeq).toBe(200);
  });

  it('is forgotten with the database that it was read from', () => {
    const places = new SettledPlaces();
    places.mark({ lastSeq: 100, transaction: 7n });
    places.settle(8n);
    places.forget();
    expect(places.untilSeq).toBe(0);
  });
});
