import { describe, expect, it } from 'vitest';
import { firstRowIdAt } from '../../core/ids.js';
import { ReadyFloors } from './scan-floors.js';

const START_MS = 1_800_000_000_000;
const at = (ms: number) => ({ rank: 0, seq: firstRowIdAt(START_MS + ms) });

/** A bucket whose index was found to be full of dead entries. */
function walkedBucket(floors: ReadyFloors): number {
  const bucketId = 7;
  floors.note(bucketId, undefined, [], 1_000_000, START_MS);
  return bucketId;
}

const floorOf = (floors: ReadyFloors, bucketId: number, ms: number) =>
  floors.of(bucketId, START_MS + ms)?.find(({ rank }) => rank === 0)?.seq;

describe('the floor below which nothing is ready', () => {
  it('rises behind the messages that are found', () => {
    const floors = new ReadyFloors();
    const bucketId = walkedBucket(floors);
    floors.note(bucketId, floors.of(bucketId, START_MS + 5_000), [], 0, START_MS + 5_000);
    expect(floorOf(floors, bucketId, 5_001)).toBe(at(4_000).seq);
  });

  it('does not pass what a group that is under way may have published', () => {
    const floors = new ReadyFloors();
    const bucketId = walkedBucket(floors);
    const ended = floors.groupBegins(START_MS + 2_000);
    floors.note(bucketId, floors.of(bucketId, START_MS + 9_000), [], 0, START_MS + 9_000);
    expect(floorOf(floors, bucketId, 9_001)).toBe(at(1_000).seq);
    ended();
    const from = floors.of(bucketId, START_MS + 9_100);
    floors.note(bucketId, from, [at(2_000)], 0, START_MS + 9_100);
    expect(floorOf(floors, bucketId, 9_101)).toBe(at(2_000).seq);
  });
});
