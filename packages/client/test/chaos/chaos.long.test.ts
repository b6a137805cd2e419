import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../../server/test/harness/stores.js';
import { runChaos } from './chaos-run.js';
import { HandlerLog } from './handler-log.js';

describe.each(STORE_FACTORIES)('chaos on $name', (factory) => {
  test('nothing is lost, and no handler runs on beside another', { timeout: 240_000 }, async () => {
    const fixture = await factory.create();
    const report = await runChaos({
      storeUrl: fixture.url,
      messages: 2_000,
      workers: 2,
      restarts: 1,
      killEvery: 500,
      cutEvery: 20,
    });
    await fixture.remove();
    expect(report).toMatchObject({
      published: 2_000,
      handled: 2_000,
      deadLetters: 0,
      overlaps: [],
      restarts: 1,
      exitCodes: [0, 0],
    });
    expect(report.kills).toBeGreaterThan(1);
    expect(report.cuts).toBeGreaterThan(0);
  });
});

test('the log of the handlers notices what it is there for', () => {
  const log = new HandlerLog();
  const say = (worker: number, what: 'begun' | 'aborted' | 'done', atMs: number, id = 'm') =>
    log.add(worker, { what, messageId: id, payload: 1, deliveryCount: 1, atMs });
  say(1, 'begun', 10);
  say(2, 'begun', 50);
  say(1, 'done', 60);
  say(2, 'done', 70);
  expect(log.overlaps()).toEqual([{ messageId: 'm', overlapMs: 10 }]);
  expect([log.handled, log.duplicates]).toEqual([1, 1]);
  say(3, 'begun', 10, 'aborted in time');
  say(3, 'aborted', 40, 'aborted in time');
  say(4, 'begun', 50, 'aborted in time');
  say(5, 'begun', 10, 'killed');
  log.died(5, 40);
  say(6, 'begun', 50, 'killed');
  expect(log.overlaps()).toHaveLength(1);
});
