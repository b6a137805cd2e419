import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { pause } from '../faults/load/pause.js';
import { ADMIN_KEY, callerOf } from '../harness/http-server.js';
import { type RunningPostgres, startPostgres } from '../harness/postgres.js';
import { PushReceiver } from '../harness/push-receiver.js';
import { PushingClient } from '../http-conformance/push/use-pushes.js';
import { ServerRun } from '../nodes/run-server.js';
import { linesOf, saying, untilSaid } from './log-lines.js';

/** Tests that the log alone shows what happened and when it ended. */

/** Longer than the five seconds for which a call is retried before it is refused. */
const AWAY_MS = Number(process.env.MILLRACE_TEST_OUTAGE_MS ?? 7_000);

let folder: string;
let postgres: RunningPostgres | undefined;
let run: ServerRun;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-incidents-'));
});
afterEach(() => run?.kill());
afterAll(async () => {
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(store: string, flags: string[] = []): Promise<PushingClient> {
  run = new ServerRun(store, { MILLRACE_API_KEY: ADMIN_KEY }, flags);
  const url = await run.listening();
  expect(url, run.stderr).toBeDefined();
  return new PushingClient({ call: callerOf(url as string) });
}

async function stop(): Promise<void> {
  run.signal('SIGTERM');
  expect(await run.ended()).toBe(0);
}

test('an outage of the database under load is logged with its start, its end and all failed requests', async () => {
  postgres = await startPostgres();
  const client = await start(postgres.url);
  const queue = await client.newQueue();
  let isLoaded = true;
  const statuses = new Map<number, number>();
  const load = Array.from({ length: 4 }, async () => {
    while (isLoaded) {
      const { status } = await client.post('publish', { queue, payload: 1 });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      await pause(20);
    }
  });
  await pause(500);
  await postgres.shutDown('fast');
  await pause(AWAY_MS);
  await postgres.startAgain();
  await untilSaid(run, 'the store is back');
  await untilSaid(run, 'the connection for signals is back');
  isLoaded = false;
  await Promise.all(load);
  await stop();

  const [lost] = saying(run, 'the store was lost');
  // The first call that fails may have met the shutdown, a reset, or nobody at the port.
  const cause = expect.stringMatching(/terminat|57P|ECONNRESET|ECONNREFUSED|EPIPE/);
  expect(lost).toMatchObject({ level: 'warn', cause });
  const [back] = saying(run, 'the store is back');
  expect(back).toMatchObject({ level: 'info', away_ms: expect.any(Number) });
  expect(saying(run, 'the connection for signals was lost')).toHaveLength(1);
  const failed = saying(run, 'a request failed');
  expect(failed[0]).toMatchObject({
    level: 'warn',
    status: 503,
    code: expect.stringMatching(/STORE_UNAVAILABLE|OUTCOME_UNKNOWN/),
    capability: 'queue.publish',
    project: 'default',
    request_id: expect.any(String),
    cause: expect.any(String),
  });
  // Every failed answer is counted, in few lines.
  const told = failed.reduce((sum, { repeated = 1 }) => sum + repeated, 0);
  expect(told).toBe(statuses.get(503));
  const messages = linesOf(run).map(({ msg }) => msg);
  expect(messages.indexOf('the store is back')).toBeGreaterThan(
    messages.indexOf('the store was lost'),
  );
  expect(messages.length).toBeLessThan(30);
}, 180_000);

test('an outage of a receiver and its answer 410 are logged for the push subscription', async () => {
  const receiver = await PushReceiver.start();
  try {
    const client = await start(`sqlite:${join(folder, 'pushes.db')}`, [
      '--push-allow',
      '127.0.0.0/8',
    ]);
    const queue = await client.newQueue();
    const { subscription_id } = await client.subscribed(queue, receiver.url);
    await receiver.stop();
    await client.publishAll(queue, Array(8).fill('x'));
    await untilSaid(run, 'push breaker opened');
    await receiver.startAgain();
    await untilSaid(run, 'push breaker closed', 60_000);
    await expect.poll(() => client.isEmpty(queue), { timeout: 60_000 }).toBe(true);
    receiver.reply = () => 410;
    const messageId = await client.publish(queue);
    await untilSaid(run, 'push subscription paused: the receiver answered 410');
    await stop();
    const same = { subscription_id, queue, project: 'default' };
    const pushes = linesOf(run).filter(({ msg }) => msg.startsWith('push '));
    expect(pushes[0]).toMatchObject({
      ...same,
      msg: 'push failed',
      cause: 'connection refused',
      message_id: expect.any(String),
      attempt: 1,
    });
    const [refused, gone] = ['connection refused', 'the receiver answered 410'].map((cause) =>
      pushes.filter((line) => line.msg === 'push failed' && line.cause === cause),
    );
    // Further failures of the same cause are counted in one line.
    expect(refused?.at(-1)).toMatchObject({ ...same, repeated: expect.any(Number) });
    expect(gone).toMatchObject([{ ...same, message_id: messageId }]);
    expect(pushes.filter(({ msg }) => msg !== 'push failed')).toMatchObject([
      { ...same, level: 'warn', msg: 'push breaker opened', cause: 'connection refused' },
      { ...same, level: 'info', msg: 'push breaker closed', open_ms: expect.any(Number) },
      { ...same, level: 'warn', msg: expect.stringContaining('410') },
    ]);
  } finally {
    await receiver.stop();
  }
}, 180_000);
