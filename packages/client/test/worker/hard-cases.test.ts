import { setTimeout as pause } from 'node:timers/promises';
import { type ConsumedQueue, MillraceError, Retry } from '@millrace/client';
import { expect, test } from 'vitest';
import { Emitter } from '#client/worker/events';
import { ServerContact } from '#client/worker/server-contact';
import { Settler } from '#client/worker/settling/settler';
import { abortOf, gate, timedWork, WorkerRun } from './worker-run.js';

/** Cases that need a server which answers at a certain moment, so a queue of the test's own plays it. */

const NEVER_SENT = new MillraceError({
  code: 'NETWORK_ERROR',
  message: 'the connection was refused',
  retryable: true,
});
const PROXY_PAGE = new MillraceError({
  code: 'UNEXPECTED_ANSWER',
  status: 404,
  message: 'the answer with status 404 is not one of millrace',
});

const messagesFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    messageId: `m${first + index}`,
    queue: 'q',
    payload: first + index,
    priority: 0,
    enqueuedAt: new Date().toISOString(),
    deliveryCount: 1,
    receipt: `r${first + index}`,
  }));

/** A queue that answers like this; other calls succeed. */
const queueOf = (calls: Record<string, unknown>) =>
  ({
    name: 'q',
    get: async () => ({ type: 'standard', visibilityTimeoutDefault: 30 }),
    extend: async () => ({ extended: true }),
    ackBatch: async (entries: unknown[]) => ({ results: entries.map(() => ({ acked: true })) }),
    ...calls,
  }) as unknown as ConsumedQueue<number>;

test('an outage that outlasts the leases of messages fetched ahead does not end the worker', async () => {
  let isDown = false;
  let fetches = 0;
  const queue = queueOf({
    async consume() {
      if (isDown) throw NEVER_SENT;
      fetches += 1;
      if (fetches === 1) return { messages: messagesFrom(0, 5), invalid: [] };
      await pause(50);
      return { messages: fetches === 2 ? messagesFrom(5, 1) : [], invalid: [] };
    },
    async extend() {
      if (isDown) throw NEVER_SENT;
      return { extended: true };
    },
  });
  const handled: number[] = [];
  const run = new WorkerRun(
    queue,
    async ({ payload }, { signal }) => {
      if (payload === 0) throw await abortOf(signal);
      handled.push(payload);
    },
    { concurrency: 1, visibilityTimeout: 1 },
  );
  await expect.poll(() => run.worker.health().running).toBe(1);
  isDown = true;
  await expect.poll(() => run.worker.counters.leasesLost).toBe(5);
  isDown = false;
  await expect.poll(() => handled).toEqual([5]);
  expect(run.worker.health().failures).toBe(0);
});

test('a stop aborts handlers in time, however long it takes to return what waits', async () => {
  let returned = 0;
  let returnedAtAbort: number | undefined;
  let fetches = 0;
  const queue = queueOf({
    async consume() {
      fetches += 1;
      await pause(fetches === 1 ? 0 : 50);
      return { messages: fetches === 1 ? messagesFrom(0, 200) : [], invalid: [] };
    },
    async extend() {
      returned += 1;
      await pause(500);
      throw NEVER_SENT;
    },
  });
  const work = async (_: unknown, { signal }: { signal: AbortSignal }) => {
    const reason = await abortOf(signal);
    returnedAtAbort = returned;
    throw reason;
  };
  const run = new WorkerRun(queue, work, { concurrency: 1 });
  await expect.poll(() => run.worker.health().running).toBe(1);
  await run.worker.stop();
  expect(returnedAtAbort).toBeLessThan(100);
  // The rest of the leases ends by itself: with half a second for eight, all would take twelve seconds.
  expect(returned).toBeLessThan(150);
  expect(run.worker.state).toBe('stopped');
});

test('messages that do not fit the schema take up room until the server has confirmed them', async () => {
  let leased = 0;
  const error = new MillraceError({ code: 'INVALID_PAYLOAD', message: 'it does not fit' });
  const { opened, open } = gate();
  const queue = queueOf({
    async consume({ maxMessages }: { maxMessages: number }) {
      await pause(5);
      const invalid = messagesFrom(leased, maxMessages).map((message, index) => ({
        message,
        error,
        index,
      }));
      leased += maxMessages;
      return { messages: [], invalid };
    },
    async nackBatch(entries: readonly unknown[]) {
      await opened;
      return { results: entries.map(() => ({ nacked: true, requeued: false })) };
    },
  });
  const run = new WorkerRun(queue, () => undefined, { concurrency: 2 });
  await expect.poll(() => run.worker.health().settling).toBeGreaterThanOrEqual(15);
  await pause(300);
  expect(leased).toBeLessThan(40);
  const stopped = run.worker.stop();
  open();
  await stopped;
  const { deadLettered, released } = run.worker.counters;
  expect(deadLettered).toBeGreaterThanOrEqual(15);
  expect(deadLettered + released).toBe(leased);
});

test('an ack outlasts a proxy that knows no server', async () => {
  const answers = [PROXY_PAGE];
  const queue = queueOf({
    async ackBatch(entries: readonly unknown[]) {
      const failure = answers.pop();
      if (failure) throw failure;
      return { results: entries.map(() => ({ acked: true })) };
    },
  });
  const settler = new Settler(queue, new ServerContact(new Emitter().emit));
  expect(await settler.ack({ messageId: 'm1', receipt: 'r1' })).toBe(true);
});

test('in a FIFO queue no more handlers run than may, however long acks take', async () => {
  let groups = 0;
  const queue = queueOf({
    get: async () => ({ type: 'fifo', visibilityTimeoutDefault: 30 }),
    /** Always message groups of their own: of one message and of four in turn. */
    async consume({ maxMessages }: { maxMessages: number }) {
      await pause(5);
      groups += 1;
      const messages = messagesFrom(groups * 10, groups % 2 === 0 ? 1 : Math.min(4, maxMessages));
      const messageGroupId = `group-${groups}`;
      return { messages: messages.map((each) => ({ ...each, messageGroupId })), invalid: [] };
    },
    async ackBatch(entries: readonly unknown[]) {
      await pause(60);
      return { results: entries.map(() => ({ acked: true })) };
    },
  });
  const { work, most } = timedWork(10);
  const run = new WorkerRun(queue, work, { concurrency: 3 });
  await expect.poll(() => run.count('acked'), { timeout: 20_000 }).toBeGreaterThan(100);
  await run.worker.stop();
  expect(most()).toBe(3);
});

/** A queue with one message, acked or nacked as given; and what was nacked. */
function queueOfOne(calls: Record<string, unknown> = {}) {
  let isTaken = false;
  const nacked: { readonly error: string; readonly delaySeconds: number }[] = [];
  const queue = queueOf({
    async consume() {
      await pause(5);
      const messages = isTaken ? [] : messagesFrom(1, 1);
      isTaken = true;
      return { messages, invalid: [] };
    },
    async nackBatch(entries: typeof nacked) {
      nacked.push(...entries);
      return { results: entries.map(() => ({ nacked: true, requeued: true })) };
    },
    ...calls,
  });
  return { queue, nacked };
}

test('a message that was not there any more to be acked is not reported as acked', async () => {
  const { queue } = queueOfOne({
    ackBatch: async () => ({ results: [{ acked: false }] }),
  });
  const run = new WorkerRun(queue, () => undefined);
  await expect.poll(() => run.count('leaseLost')).toBe(1);
  expect(run.worker.counters).toMatchObject({ acked: 0, leasesLost: 1 });
});

const LOST_ANSWER = new MillraceError({
  code: 'NETWORK_ERROR',
  message: 'the connection broke',
  retryable: true,
  mayHaveTakenEffect: true,
});

test.each([
  ['may have acked', LOST_ANSWER, 'acked'],
  ['was never sent', NEVER_SENT, 'leaseLost'],
] as const)(
  'after a call that %s, an ack that finds no message is told so',
  async (_, failure, told) => {
    const { queue } = queueOfOne({
      async ackBatch(
        _: unknown,
        { onRetry }: { onRetry: (error: MillraceError, ms: number) => void },
      ) {
        onRetry(failure, 1);
        return { results: [{ acked: false }] };
      },
    });
    const run = new WorkerRun(queue, () => undefined);
    await expect.poll(() => run.count(told)).toBe(1);
    expect(run.count('acked') + run.count('leaseLost')).toBe(1);
  },
);

test.each([
  ['undefined', () => undefined as unknown as number],
  ['NaN', () => Number.NaN],
  ['an error', () => JSON.parse('{')],
])('the default delay replaces a backoff that gives %s', async (_, backoff) => {
  const { queue, nacked } = queueOfOne();
  const work = () => {
    throw new Error('no');
  };
  const run = new WorkerRun(queue, work, { backoff });
  await expect.poll(() => run.count('retried')).toBe(1);
  expect(nacked).toMatchObject([{ error: 'Error: no' }]);
  expect(nacked[0]?.delaySeconds).toBeGreaterThanOrEqual(1);
});

test('a delay of a Retry that is no number is an error of the handler, and no retry at once', async () => {
  const { queue, nacked } = queueOfOne();
  const work = () => {
    throw new Retry('busy', { delaySeconds: Number('Wed, 21 Oct 2026 07:28:00 GMT') });
  };
  const run = new WorkerRun(queue, work, { backoff: () => 7 });
  await expect.poll(() => run.count('retried')).toBe(1);
  expect(nacked).toMatchObject([
    { error: 'MillraceError: delaySeconds must be a number', delaySeconds: 7 },
  ]);
});

test('a thrown value that fails when it is looked at takes neither a slot nor the process', async () => {
  const { queue } = queueOfOne();
  const run = new WorkerRun(queue, () => {
    throw new Proxy({}, { getPrototypeOf: () => JSON.parse('{') });
  });
  await expect.poll(() => run.count('leaseLost')).toBe(1);
  expect(run.worker.health().running).toBe(0);
});

test('messages are handled while the queue itself cannot be read', async () => {
  let gets = 0;
  let leased = 0;
  const queue = queueOf({
    async get() {
      gets += 1;
      if (gets > 1) throw NEVER_SENT;
      return { type: 'standard', visibilityTimeoutDefault: 30 };
    },
    async consume() {
      await pause(100);
      leased += 1;
      return { messages: messagesFrom(leased, 1), invalid: [] };
    },
  });
  const run = new WorkerRun(queue, () => undefined);
  // The queue is asked for again after five seconds.
  await expect.poll(() => gets, { timeout: 20_000 }).toBeGreaterThan(1);
  const before = run.count('acked');
  await expect.poll(() => run.count('acked')).toBeGreaterThan(before + 5);
});

test('more message groups than handlers, fetched as for a standard queue, are returned', async () => {
  const released: string[] = [];
  let isTaken = false;
  const queue = queueOf({
    get: async () => ({ type: 'fifo', visibilityTimeoutDefault: 30 }),
    async consume() {
      await pause(5);
      if (isTaken) return { messages: [], invalid: [] };
      isTaken = true;
      const messages = messagesFrom(0, 8).map((each, index) => ({
        ...each,
        messageGroupId: `group-${Math.floor(index / 2)}`,
      }));
      return { messages, invalid: [] };
    },
    async extend({ messageId }: { messageId: string }, seconds: number) {
      if (seconds === 0) released.push(messageId);
      return { extended: true };
    },
  });
  const { work, most } = timedWork(10);
  const run = new WorkerRun(queue, work, { concurrency: 2 });
  await expect.poll(() => run.count('acked')).toBe(4);
  expect(most()).toBe(2);
  expect(released).toEqual(['m4', 'm5', 'm6', 'm7']);
});
