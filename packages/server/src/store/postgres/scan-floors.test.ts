import { describe, expect, it } from 'vitest';
import { ReadyFloors } from './scan-floors.js';

const BUCKET = 7;

describe('the floor below which nothing is ready', () => {
  it('is none while no place is known to be settled', () => {
    const floors = new ReadyFloors();
    floors.walked(BUCKET, 1_000_000);
    expect(floors.of(BUCKET)).toBeUndefined();
  });

  const looks = [
    { what: 'behind all that is settled where nothing is ready', firsts: [], floor: 1_001 },
    { what: 'to the first message that is ready', firsts: [{ rank: 0, seq: 400 }], floor: 400 },
    {
      what: 'no further than what is settled, though the first message lies behind',
      firsts: [{ rank: 0, seq: 2_000 }],
      floor: 1_001,
    },
  ];
  it.each(looks)('rises $what', ({ firsts, floor }) => {
    const floors = new ReadyFloors();
    floors.settled.mark({ lastSeq: 1_000, transaction: 5n });
    floors.settled.settle(6n);
    floors.walked(BUCKET, 1_000_000);
    const look = floors.of(BUCKET);
    if (look === undefined) throw new Error('no floor is kept');
    floors.raise(BUCKET, look, firsts);
    expect(floors.of(BUCKET)?.floors.at(-1)).toEqual({ rank: 0, seq: floor });
  });
});
