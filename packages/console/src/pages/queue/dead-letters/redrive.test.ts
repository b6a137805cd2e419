import type { Queue } from '@millrace/client';
import { expect, test } from 'vitest';
import { type RedriveProgress, redrive } from './redrive.js';

/** A queue of so many dead letters, of which each call is remembered. */
function queueOf(count: number) {
  let left = count;
  const calls: object[] = [];
  const dlq = {
    async redrive(options: { messageId?: string; maxMessages?: number }) {
      calls.push(options);
      const redriven = Math.min(
        left,
        options.messageId === undefined ? (options.maxMessages ?? 0) : 1,
      );
      left -= redriven;
      return { queue: 'orders', redriven };
    },
  };
  return { calls, queue: { dlq } as unknown as Pick<Queue, 'dlq'> };
}

const watch = () => {
  const seen: number[] = [];
  return { seen, onProgress: ({ done }: RedriveProgress) => seen.push(done) };
};
const signal = () => new AbortController().signal;

test('all go back in steps, and no more than there were when it began', async () => {
  const { calls, queue } = queueOf(5_000);
  const { seen, onProgress } = watch();
  const result = await redrive(queue, { kind: 'all', count: 1_200 }, signal(), onProgress);
  expect(calls).toEqual([{ maxMessages: 500 }, { maxMessages: 500 }, { maxMessages: 200 }]);
  expect(seen).toEqual([500, 1_000, 1_200]);
  expect(result).toEqual({ done: 1_200, redriven: 1_200 });
});

test('it ends when nothing is left, although more was expected', async () => {
  const { queue } = queueOf(30);
  const result = await redrive(queue, { kind: 'all', count: 100 }, signal(), () => undefined);
  expect(result.redriven).toBe(30);
});

test('chosen ones go back one by one; those that are gone are counted apart', async () => {
  const { calls, queue } = queueOf(2);
  const messageIds = ['a', 'b', 'c'];
  const result = await redrive(queue, { kind: 'some', messageIds }, signal(), () => undefined);
  expect(calls).toEqual(messageIds.map((messageId) => ({ messageId })));
  expect(result).toEqual({ done: 3, redriven: 2 });
});

test('it stops after the step under way', async () => {
  const { calls, queue } = queueOf(5_000);
  const controller = new AbortController();
  await redrive(queue, { kind: 'all', count: 5_000 }, controller.signal, ({ done }) => {
    if (done >= 1_000) controller.abort();
  });
  expect(calls).toHaveLength(2);
});
