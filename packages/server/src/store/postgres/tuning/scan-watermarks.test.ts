import { describe, expect, it } from 'vitest';
import { ReadyWatermarks } from './scan-watermarks.js';

const BUCKET = 7;

describe('the watermark below which no message is ready', () => {
  it('is not kept while no seq is known to be settled', () => {
    const watermarks = new ReadyWatermarks();
    watermarks.walked(BUCKET, 1_000_000);
    expect(watermarks.of(BUCKET)).toBeUndefined();
  });

  const scans = [
    { what: 'to just above the settled seqs', firsts: [], watermark: 1_001 },
    { what: 'to the first ready message', firsts: [{ rank: 0, seq: 400 }], watermark: 400 },
    {
      what: 'no further than the settled seqs',
      firsts: [{ rank: 0, seq: 2_000 }],
      watermark: 1_001,
    },
  ];
  it.each(scans)('rises $what', ({ firsts, watermark }) => {
    const watermarks = new ReadyWatermarks();
    watermarks.settled.mark({ lastSeq: 1_000, transaction: 5n });
    watermarks.settled.settle(6n);
    watermarks.walked(BUCKET, 1_000_000);
    const scan = watermarks.of(BUCKET);
    if (scan === undefined) throw new Error('no watermark is kept');
    watermarks.raise(BUCKET, scan, firsts);
    expect(watermarks.of(BUCKET)?.watermarks.at(-1)).toEqual({ rank: 0, seq: watermark });
  });
});
