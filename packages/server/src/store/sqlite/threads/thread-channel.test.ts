import { afterEach, expect, it } from 'vitest';
import { ThreadChannel } from './thread-channel.js';

const PROGRAM = `
  import { parentPort, workerData } from 'node:worker_threads';
  Atomics.add(workerData, 0, 1);
  parentPort.on('message', ({ id, request }) => {
    if (request === 'throw') throw new Error('broken');
    parentPort.postMessage([{ id, answer: request + 1 }]);
  });
`;

/** A thread that was started by mistake has begun by then. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 300));

const channels: ThreadChannel<number | 'throw', number>[] = [];
afterEach(() => Promise.all(channels.splice(0).map((channel) => channel.stop())));

function makeChannel() {
  const starts = new Int32Array(new SharedArrayBuffer(4));
  const exits: string[] = [];
  const channel = new ThreadChannel<number | 'throw', number>(
    new URL(`data:text/javascript,${encodeURIComponent(PROGRAM)}`),
    starts,
    4,
    ({ message }) => exits.push(message),
  );
  channels.push(channel);
  return { channel, exits, startCount: () => Atomics.load(starts, 0) };
}

it('starts its thread once: with the first request', async () => {
  const { channel, startCount } = makeChannel();
  await aWhile();
  expect(startCount()).toBe(0);
  expect(await Promise.all([channel.call(1), channel.call(2)])).toEqual([2, 3]);
  channel.start();
  expect(await channel.call(3)).toBe(4);
  expect(startCount()).toBe(1);
});

it('starts its thread when told to', async () => {
  const { channel, startCount } = makeChannel();
  channel.start();
  await expect.poll(startCount).toBe(1);
  expect(await channel.call(1)).toBe(2);
  expect(startCount()).toBe(1);
});

it('starts no thread after a stop', async () => {
  const { channel, startCount } = makeChannel();
  await channel.stop();
  channel.start();
  await expect(channel.call(1)).rejects.toThrow('the thread was stopped');
  await aWhile();
  expect(startCount()).toBe(0);
});

it('fails all requests of a thread that ends, and says so once', async () => {
  const { channel, exits } = makeChannel();
  const calls = [channel.call('throw'), channel.call(1)];
  expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual([
    'rejected',
    'rejected',
  ]);
  await expect(channel.call(2)).rejects.toThrow('broken');
  expect(exits).toEqual(['broken']);
});
