import { describe, expect, it } from 'vitest';
import { SettledSeqs } from './settled-seqs.js';

describe('the seq up to which all transactions have ended', () => {
  it('waits until the transaction that marked it, and all before it, have ended', () => {
    const seqs = new SettledSeqs();
    seqs.mark({ lastSeq: 100, transaction: 7n });
    seqs.settle(6n);
    seqs.settle(7n);
    expect(seqs.untilSeq).toBe(0);
    seqs.settle(8n);
    expect(seqs.untilSeq).toBe(100);
  });

  it('rises mark by mark and never falls', () => {
    const seqs = new SettledSeqs();
    seqs.mark({ lastSeq: 100, transaction: 7n });
    seqs.mark({ lastSeq: 200, transaction: 9n });
    seqs.settle(8n);
    expect(seqs.untilSeq).toBe(100);
    seqs.settle(20n);
    expect(seqs.untilSeq).toBe(200);
    seqs.settle(8n);
    expect(seqs.untilSeq).toBe(200);
  });

  it('is forgotten with the database that it was read from', () => {
    const seqs = new SettledSeqs();
    seqs.mark({ lastSeq: 100, transaction: 7n });
    seqs.settle(8n);
    seqs.forget();
    expect(seqs.untilSeq).toBe(0);
  });
});
