import { expect, it } from 'vitest';
import { keepLines } from '../../../test/harness/log-lines.js';
import { FullDisk, STOPPED } from './full-disk.js';

function watched() {
  let nowMs = 1_000_000;
  const database = { hasRoom: false, writes: 0 };
  const { log, lines } = keepLines();
  const disk = new FullDisk(
    log,
    async () => {
      database.writes += 1;
      if (!database.hasRoom) throw new Error('No space left on device');
    },
    () => nowMs,
  );
  const told = () => lines.map(({ message, fields }) => ({ message, ...fields }));
  const wait = (durationMs: number) => {
    nowMs += durationMs;
  };
  return { disk, database, told, wait };
}

it('nothing is tried before the database has refused a write', async () => {
  const { disk, database, told } = watched();
  disk.published();
  expect(await disk.whyPublishingStops()).toBeNull();
  expect(database.writes).toBe(0);
  expect(told()).toEqual([]);
});

it('a publish that still finds room right after a refusal proves nothing; a later one does', async () => {
  const { disk, told, wait } = watched();
  disk.refused();
  wait(1_000);
  disk.published();
  expect(await disk.whyPublishingStops()).toBe(STOPPED);
  disk.refused();
  wait(5_000);
  disk.published();
  expect(await disk.whyPublishingStops()).toBeNull();
  expect(told()).toEqual([
    { message: `publishing stopped: ${STOPPED}` },
    { message: 'publishing goes on: the disk has space again', after_ms: 6_000 },
  ]);
});

it('if nobody publishes, who asks makes a write, once every five seconds and for all who ask at once', async () => {
  const { disk, database, wait } = watched();
  disk.refused();
  wait(5_000);
  const ask = () => disk.whyPublishingStops();
  expect(await Promise.all([ask(), ask()])).toEqual([STOPPED, STOPPED]);
  wait(4_000);
  database.hasRoom = true;
  expect(await ask()).toBe(STOPPED);
  expect(database.writes).toBe(1);
  wait(1_000);
  expect(await Promise.all([ask(), ask()])).toEqual([null, null]);
  expect(database.writes).toBe(2);
});
