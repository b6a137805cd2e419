import { expect, test } from 'vitest';
import { cycleDriver } from '../src/load/drivers/cycle-driver.js';

const bytes = (data: object) => Buffer.from(JSON.stringify({ ok: true, data }));
const published = bytes({ message_id: 'm1' });
const empty = bytes({ messages: [] });
const message = { message_id: 'm2', payload: { data: 'x' }, receipt: 'r2' };
const consumed = bytes({ messages: [message] });

function driver(publishes = true) {
  return cycleDriver({ kind: 'cycle', apiKey: 'key', queues: ['q'], publishes });
}

test('a unit publishes, consumes until a message comes, and acks that message', () => {
  const cycle = driver();
  expect(String(cycle.nextRequest(0))).toMatch(/^POST \/v1\/queue\/publish /);
  expect(String(cycle.onBody?.(published, 0))).toMatch(/^POST \/v1\/queue\/consume /);
  expect(String(cycle.onBody?.(empty, 0))).toMatch(/^POST \/v1\/queue\/consume /);
  const ack = String(cycle.onBody?.(consumed, 0));
  expect(ack).toMatch(/^POST \/v1\/queue\/ack /);
  expect(ack).toContain('{"queue":"q","message_id":"m2","receipt":"r2"}');
  expect(cycle.acceptBody?.(bytes({ acked: true }), 0)).toBe(true);
  expect(cycle.onBody?.(bytes({ acked: true }), 0)).toBeUndefined();
});

test('an ack that removed nothing is no success', () => {
  const cycle = driver(false);
  expect(String(cycle.nextRequest(0))).toMatch(/^POST \/v1\/queue\/consume /);
  expect(cycle.acceptBody?.(consumed, 0)).toBe(true);
  cycle.onBody?.(consumed, 0);
  expect(cycle.acceptBody?.(bytes({ acked: false }), 0)).toBe(false);
});

test('each connection has its own step in the cycle', () => {
  const cycle = driver();
  cycle.nextRequest(0);
  cycle.nextRequest(1);
  cycle.onBody?.(published, 0);
  expect(String(cycle.onBody?.(consumed, 0))).toMatch(/^POST \/v1\/queue\/ack /);
  expect(String(cycle.onBody?.(published, 1))).toMatch(/^POST \/v1\/queue\/consume /);
});

test('the message groups of a FIFO queue take turns', () => {
  const cycle = cycleDriver({
    kind: 'cycle',
    apiKey: 'key',
    queues: ['q'],
    publishes: true,
    groups: 2,
  });
  const groups = [0, 1, 2].map(
    (connection) => /"message_group_id":"([^"]+)"/.exec(String(cycle.nextRequest(connection)))?.[1],
  );
  expect(groups).toEqual(['group-0', 'group-1', 'group-0']);
});
