import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { Arrivals } from '../src/load/open/arrivals.js';
import { DueTimes } from '../src/load/open/due-times.js';
import { generateOpenLoad } from '../src/load/open/open-loop.js';
import { PauseLog } from '../src/load/open/pause-log.js';

function arrivals(perSecond: number, untilMs: number) {
  const started: { connection: string; dueMs: number }[] = [];
  const all = new Arrivals<string>(new DueTimes(0, perSecond, untilMs), (connection, dueMs) =>
    started.push({ connection, dueMs }),
  );
  return { all, started };
}

test('each unit is due once, at its own time, up to the end', () => {
  const dueTimes = new DueTimes(1000, 10, 1300);
  expect(dueTimes.take(999)).toBeUndefined();
  expect([dueTimes.take(1250), dueTimes.take(1250), dueTimes.take(1250)]).toEqual([
    1000, 1100, 1200,
  ]);
  expect(dueTimes.take(1250)).toBeUndefined();
  expect(dueTimes.isOver).toBe(true);
  expect(dueTimes.take(9999)).toBeUndefined();
});

test('units are sent when they are due, although earlier ones have no answer', () => {
  const { all, started } = arrivals(10, 1000);
  for (const connection of ['a', 'b', 'c']) all.add(connection);
  all.tick(0);
  all.tick(150);
  all.tick(200);
  expect(started).toEqual([
    { connection: 'a', dueMs: 0 },
    { connection: 'b', dueMs: 100 },
    { connection: 'c', dueMs: 200 },
  ]);
  expect(all.underWay).toBe(3);
});

test('a unit that had to wait for a connection keeps the time when it was due', () => {
  const { all, started } = arrivals(10, 400);
  all.add('a');
  all.tick(0);
  // The server stands still for a second.
  all.tick(1000);
  expect(started).toHaveLength(1);
  for (let unit = 0; unit < 4; unit += 1) all.ended('a');
  expect(started.map(({ dueMs }) => dueMs)).toEqual([0, 100, 200, 300]);
  expect(all.areOver).toBe(true);
});

test('connections take turns, so that none is idle for long', () => {
  const { all, started } = arrivals(10, 1000);
  for (const connection of ['a', 'b']) all.add(connection);
  for (let ms = 0; ms < 400; ms += 100) {
    all.tick(ms);
    all.ended(started.at(-1)?.connection as string);
  }
  expect(started.map(({ connection }) => connection)).toEqual(['a', 'b', 'a', 'b']);
});

test('a pause is a time without answers while something was asked', () => {
  const log = new PauseLog(1000, 100);
  log.sent(1000);
  log.answered(1010);
  // Nothing is asked for a second: no pause.
  log.sent(2000);
  log.sent(2020);
  log.answered(2090);
  // Silent for 150 ms, in which the generator ticked all the time.
  for (let ms = 2090; ms <= 2240; ms += 1) log.tick(ms);
  log.answered(2240);
  expect(log.pauses).toEqual([{ atMs: 1090, lengthMs: 150, generatorStoodMs: 1 }]);
  expect(log.longestMs).toBe(150);
});

test('a pause in which the generator stood still says so, and the warm-up does not count', () => {
  const log = new PauseLog(1000, 100);
  log.sent(500);
  log.tick(600);
  log.answered(950);
  log.sent(1000);
  log.tick(1001);
  log.tick(1301);
  log.answered(1302);
  expect(log.pauses).toEqual([{ atMs: 0, lengthMs: 302, generatorStoodMs: 300 }]);
});

test('a stall of the server counts for everything that was due during it', async () => {
  const stallMs = 400;
  let beganMs: number | undefined;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => {
      // From the first request on, all answers wait until the stall ends.
      beganMs ??= performance.now();
      const leftMs = Math.max(0, stallMs - (performance.now() - beganMs));
      setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), leftMs);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const result = await generateOpenLoad({
    port,
    perSecond: 200,
    pauseFromMs: 100,
    warmupMs: 0,
    durationMs: 600,
    nextRequest: () => 'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
  });
  server.close();
  // 200 a second for 600 ms, of which two thirds were due during the stall.
  expect(result).toMatchObject({ completed: 120, errors: 0, nonSuccess: 0 });
  expect(result.maxMs).toBeGreaterThan(stallMs / 2);
  expect(result.p50Ms).toBeGreaterThan(50);
  expect(result.pauses.length).toBeGreaterThan(0);
});
