import { expect, test } from 'vitest';
import { batchCycleDriver } from '../src/load/drivers/batch-cycle-driver.js';

const bytes = (data: object) => Buffer.from(JSON.stringify({ ok: true, data }));
const consumed = (...ids: string[]) =>
  bytes({ messages: ids.map((id) => ({ message_id: id, receipt: `r-${id}` })) });
const acked = bytes({ results: [{ acked: true }] });

test('a unit acks as many messages as it published, in several steps if need be', () => {
  const driver = batchCycleDriver({
    kind: 'batch-cycle',
    apiKey: 'key',
    queue: 'q',
    size: 3,
    publishes: true,
  });
  expect(String(driver.nextRequest(0))).toMatch(/^POST \/v1\/queue\/publish_batch /);
  expect(String(driver.onBody?.(bytes({ message_ids: [] }), 0))).toContain('"max_messages":3');
  expect(String(driver.onBody?.(consumed(), 0))).toContain('"max_messages":3');
  const ack = String(driver.onBody?.(consumed('m1', 'm2'), 0));
  expect(ack).toContain('"message_id":"m1","receipt":"r-m1"');
  expect(ack).toContain('"message_id":"m2","receipt":"r-m2"');
  expect(String(driver.onBody?.(acked, 0))).toContain('"max_messages":1');
  expect(String(driver.onBody?.(consumed('m3'), 0))).toMatch(/^POST \/v1\/queue\/ack_batch /);
  expect(driver.onBody?.(acked, 0)).toBeUndefined();
});

test('without publishing, a unit acks just as many, and a queue that runs dry fails it', () => {
  const driver = batchCycleDriver({
    kind: 'batch-cycle',
    apiKey: 'key',
    queue: 'q',
    size: 2,
    publishes: false,
  });
  expect(String(driver.nextRequest(0))).toContain('"max_messages":2');
  expect(String(driver.onBody?.(consumed('m1'), 0))).toContain('"message_id":"m1"');
  expect(String(driver.onBody?.(acked, 0))).toContain('"max_messages":1');
  expect(() => driver.onBody?.(consumed(), 0)).toThrow('the queue ran dry');
});
