import { expect, test } from 'vitest';
import { deliveriesIn } from '../src/calls/consume-calls.js';
import { batchCycleDriver } from '../src/load/drivers/batch-cycle-driver.js';
import { requestDriver, UNIQUE_TEXT } from '../src/load/drivers/unique-requests.js';

const consumed = (count: number) =>
  Buffer.from(
    JSON.stringify({
      data: {
        messages: Array.from({ length: count }, (_, index) => ({
          message_id: `m${index}`,
          payload: {},
          receipt: `r${index}`,
        })),
      },
    }),
  );

test('each request gets another text of the same length', () => {
  const request = `POST / HTTP/1.1\r\n\r\n{"idempotency_key":"${UNIQUE_TEXT}"}`;
  const driver = requestDriver({ kind: 'requests', requests: [request] });
  const sent = Array.from({ length: 100 }, (_, connection) =>
    String(driver.nextRequest(connection)),
  );
  expect(new Set(sent).size).toBe(100);
  for (const text of sent) {
    expect(text).toHaveLength(request.length);
    expect(text).not.toContain('unique');
  }
});

test('requests without such a text are sent in turn as they are', () => {
  const driver = requestDriver({ kind: 'requests', requests: ['a', 'b'] });
  expect([0, 0, 0].map((connection) => String(driver.nextRequest(connection)))).toEqual([
    'a',
    'b',
    'a',
  ]);
});

test('the deliveries of an answer keep their order', () => {
  expect(deliveriesIn(consumed(2))).toEqual([
    { message_id: 'm0', receipt: 'r0' },
    { message_id: 'm1', receipt: 'r1' },
  ]);
  expect(deliveriesIn(consumed(0))).toEqual([]);
});

test('without publishing, a batch counts what it got, and an empty queue is an error', () => {
  const traffic = { kind: 'batch-cycle', apiKey: 'key', queue: 'q', size: 3 } as const;
  const driver = batchCycleDriver({ ...traffic, publishes: false });
  expect(String(driver.nextRequest(0))).toMatch(/^POST \/v1\/queue\/consume /);
  expect(String(driver.onBody?.(consumed(2), 0))).toMatch(/^POST \/v1\/queue\/ack_batch /);
  expect(driver.messages?.(0)).toBe(2);
  driver.nextRequest(0);
  expect(() => driver.onBody?.(consumed(0), 0)).toThrow('ran dry');
});
