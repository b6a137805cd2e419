import { describe, expect, it } from 'vitest';
import { ReadyWatermarks } from './scan-watermarks.js';

const BUCKET = 7;

describe('the watermark below which nothing is ready', () => {
  it('is none while no seq is known to be settled', () => {
    const watermarks = new ReadyWatermarks();
    watermarks.walked(BUCKET, 1_000_000);
    expect(watermarks.of(BUCKET)).toBeUndefined();
  });

  const looks = [
    { what: 'behind all that is settled where nothing is ready', firsts: [], watermark: 1_001 },
    { what: 'to the first message that is ready', firsts: [{ rank: 0, seq: 400 }], watermark: 400 },
    {
      what: 'no further than what is settled, though the first message lies behind',
      firsts: [{ rank: 0, seq: 2_000 }],
      watermark: 1_001,
    },
  ];
  it.each(looks)('rises $what', ({ firsts, watermark }) => {
    const watermarks = new ReadyWatermarks();
    watermarks.settled.mark({ lastSeq: 1_000, transaction: 5n });
    watermarks.settled.settle(6n);
    watermarks.walked(BUCKET, 1_000_000);
    const look = watermarks.of(BUCKET);
    if (look === undefined) throw new Error('no watermark is kept');
    watermarks.raise(BUCKET, look, firsts);
    expect(watermarks.of(BUCKET)?.watermarks.at(-1)).toEqual({ rank: 0, seq: watermark });
  });
});
