import { afterEach, expect, it } from 'vitest';
import { ThreadChannel } from './thread-channel.js';

const PROGRAM = `
  import { parentPort, workerData as starts } from 'node:worker_threads';
  Atomics.add(starts, 0, 1);
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

it('refuses the requests of a thread that cannot start yet, and starts it with a later one', async () => {
  const mayStart = new Int32Array(new SharedArrayBuffer(4));
  const exits: string[] = [];
  const program = `
    import { workerData } from 'node:worker_threads';
    if (Atomics.load(workerData, 0) === 0) throw new Error('too many open files');
    ${PROGRAM}
  `;
  const file = new URL(`data:text/javascript,${encodeURIComponent(program)}`);
  const channel = new ThreadChannel<number | 'throw', number>(
    file,
    mayStart,
    4,
    ({ message }) => exits.push(message),
    true,
  );
  channels.push(channel);
  const refusal = { code: 'STORE_UNAVAILABLE', fault: { cause: 'too many open files' } };
  await expect(channel.call(1)).rejects.toMatchObject({ refusal });
  await expect(channel.call(1)).rejects.toMatchObject({ refusal });
  Atomics.store(mayStart, 0, 1);
  await expect.poll(() => channel.call(1).catch(() => 0), { timeout: 10_000 }).toBe(2);
  expect(exits).toEqual([]);
  await expect(channel.call('throw')).rejects.toThrow('broken');
  expect(exits).toEqual(['broken']);
});
