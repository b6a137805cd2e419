import { describe, expect, test } from 'vitest';
import type { Json } from '../../harness/http-server.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useManager } from '../access/use-manager.js';
import { dataOf } from '../answers/expect-answer.js';

/** The bodies are those of the reference, byte for byte. */
describe.each(STORE_FACTORIES)('the examples of the reference on $name', (factory) => {
  const { running, client } = useManager(factory);
  const call = async (method: string, path: string, body?: string): Promise<Json> =>
    dataOf(await running.call(method, `/v1/queue/${path}`, body));
  const make = (name: string, settings = {}) => client.post('create', { name, ...settings });

  test('work for update with an empty object', async () => {
    await make('QUEUE');
    const record = await call('PATCH', 'update/QUEUE', '{}');
    expect(record).toMatchObject({
      queue: 'QUEUE',
      max_retries: 3,
      visibility_timeout_default: 30,
    });
  });

  test('work for update with every optional parameter', async () => {
    await make('QUEUE');
    await make('dead');
    const body =
      '{"queue":"QUEUE","dead_letter_queue":"dead","max_retries":2,"message_retention_days":3,"visibility_timeout_default":45,"enable_priority":true,"idempotency_key":"u"}';
    expect(await call('PATCH', 'update/QUEUE', body)).toMatchObject({
      ...{ queue: 'QUEUE', dead_letter_queue: 'dead', max_retries: 2, message_retention_days: 3 },
      ...{ visibility_timeout_default: 45, enable_priority: true },
    });
  });

  test('work for delete without a body', async () => {
    await make('gone');
    expect(await call('DELETE', 'delete/gone')).toEqual({ queue: 'gone', deleted: true });
    expect(await call('DELETE', 'delete/gone')).toEqual({ queue: 'gone', deleted: false });
  });

  test('work for purge with the queue repeated in the body', async () => {
    await make('...');
    await client.publish('...');
    expect(await call('POST', 'purge/...', '{"queue": "..."}')).toEqual({
      queue: '...',
      purged: 1,
    });
  });

  test('work for publish_batch with no messages', async () => {
    await make('...');
    const data = await call('POST', 'publish_batch', '{"queue": "...", "messages": []}');
    expect(data).toEqual({ message_ids: [] });
  });

  test('work for publish with a priority', async () => {
    await make('orders');
    const body = '{"queue": "orders", "payload": {"order_id": "o_123"}, "priority": 5}';
    const { message_id } = await call('POST', 'publish', body);
    const seen = dataOf(await client.message('orders', message_id));
    expect(seen).toMatchObject({ payload: { order_id: 'o_123' }, priority: 5 });
    await client.purge('orders');
  });

  test('work for redrive with max_messages and the queue in the body', async () => {
    await make('orders');
    await client.bury('orders', ...Array(101).fill(1));
    const body = '{"queue": "orders", "max_messages": 100}';
    expect(await call('POST', 'dlq/redrive/orders', body)).toEqual({
      queue: 'orders',
      redriven: 100,
    });
    expect(await client.stats('orders')).toMatchObject({ available: 100, dlq: 1 });
  });

  test('work for dlq/list with a cursor and a limit', async () => {
    await make('letters');
    await client.bury('letters', 1, 2, 3);
    const { items, next_cursor } = await call('GET', 'dlq/list/letters?limit=2');
    expect(items).toHaveLength(2);
    const rest = await call('GET', `dlq/list/letters?cursor=${next_cursor}&limit=2`);
    expect(rest).toEqual({ items: [expect.objectContaining({ payload: 3 })] });
  });

  test('work for redrive of one message and of all since a time', async () => {
    await make('texts');
    const [id] = await client.bury('texts', 1, 2);
    const one = `{"message_id":"${id}","idempotency_key":"r1"}`;
    expect((await call('POST', 'dlq/redrive/texts', one)).redriven).toBe(1);
    const since = '{"since":"2020-01-01T00:00:00.000Z","idempotency_key":"r2"}';
    expect((await call('POST', 'dlq/redrive/texts', since)).redriven).toBe(1);
  });
});
