import { beforeAll, describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useServer } from '../use-server.js';
import { dataOf, errorOf } from './expect-answer.js';

const TOO_LARGE = 'x'.repeat(3 * 1024 * 1024);

describe.each(STORE_FACTORIES)('a call with several faults on $name', (factory) => {
  const running = useServer(factory);
  const { client } = running;
  const nobody = client.with({ key: null });
  let reader: typeof client;
  beforeAll(async () => {
    const made = await running.call('POST', '/v1/account/keys/create', { scopes: ['read'] });
    reader = client.with({ key: dataOf(made).key });
  });
  const asText = { headers: { 'content-type': 'text/plain' } };

  test('is refused for its unknown route before its missing key', async () => {
    errorOf(await nobody.post('nothing', '{'), 'ROUTE_NOT_FOUND');
  });

  test('is refused for its method before its missing key', async () => {
    errorOf(await nobody.get('publish'), 'METHOD_NOT_ALLOWED');
    errorOf(
      await running.call('PUT', '/v1/queue/publish', '{', { key: null }),
      'METHOD_NOT_ALLOWED',
    );
  });

  test('is refused for its missing key before its size, media type or JSON', async () => {
    errorOf(await nobody.post('publish', TOO_LARGE), 'UNAUTHENTICATED');
    errorOf(await nobody.post('publish', '{', asText), 'UNAUTHENTICATED');
    errorOf(await nobody.post('publish', '{'), 'UNAUTHENTICATED');
  });

  test('is refused for its missing key before its unknown queue, so queue names stay secret', async () => {
    errorOf(await nobody.get('get/nowhere'), 'UNAUTHENTICATED');
  });

  test('is refused for its missing scope before its size, media type, fields or queue', async () => {
    errorOf(await reader.post('publish', TOO_LARGE), 'SCOPE_MISSING');
    errorOf(await reader.post('publish', '{', asText), 'SCOPE_MISSING');
    errorOf(await reader.post('publish', {}), 'SCOPE_MISSING');
    errorOf(await reader.post('publish', { queue: 'nowhere', payload: 1 }), 'SCOPE_MISSING');
  });

  test('is refused for its size before its media type', async () => {
    errorOf(await client.post('publish', TOO_LARGE, asText), 'PAYLOAD_TOO_LARGE');
  });

  test('is refused for its size before its JSON', async () => {
    errorOf(await client.post('publish', TOO_LARGE), 'PAYLOAD_TOO_LARGE');
  });

  test('is refused for its media type before its JSON', async () => {
    errorOf(await client.post('publish', '{', asText), 'UNSUPPORTED_MEDIA_TYPE');
  });

  test('is refused for its fields before its reused idempotency key', async () => {
    const queue = await client.newQueue();
    await client.publish(queue, 1, { idempotency_key: 'k' });
    const reused = { queue, payload: 1, priority: 10, idempotency_key: 'k' };
    errorOf(await client.post('publish', reused), 'INVALID_REQUEST');
  });

  test('is refused for its fields before its unknown queue', async () => {
    errorOf(await client.post('consume', { queue: 'nowhere', max_messages: 0 }), 'INVALID_REQUEST');
  });

  test('is refused for its reused idempotency key before the settings of the queue', async () => {
    const name = await client.newQueue({ max_retries: 1, idempotency_key: 'made' });
    const again = { name, max_retries: 2, idempotency_key: 'made' };
    errorOf(await client.post('create', again), 'IDEMPOTENCY_KEY_REUSED');
    errorOf(await client.post('create', { name, max_retries: 2 }), 'QUEUE_EXISTS');
    const nowhere = { name: 'x', dead_letter_queue: 'nowhere', idempotency_key: 'made' };
    errorOf(await client.post('create', nowhere), 'IDEMPOTENCY_KEY_REUSED');
  });

  test('is refused for its reused idempotency key before the state of the message', async () => {
    const queue = await client.newQueue();
    await client.publish(queue);
    const { message_id, receipt } = await client.take(queue);
    await client.nack(queue, message_id, { receipt, idempotency_key: 'k' });
    const other = { receipt, requeue: false, idempotency_key: 'k' };
    errorOf(await client.nack(queue, message_id, other), 'IDEMPOTENCY_KEY_REUSED');
    errorOf(await client.nack(queue, message_id, { receipt }), 'LEASE_LOST');
  });

  test('is refused for its unknown queue before the state of the message', async () => {
    errorOf(await client.ack('nowhere', 'm', { receipt: 'r' }), 'QUEUE_NOT_FOUND');
  });

  test('is refused for a subscription in the order fields, url, queue, dead-letter queue', async () => {
    const here = { url: 'https://127.0.0.1/' };
    const subscribe = (queue: string, body: object) => client.post(`push_subscribe/${queue}`, body);
    errorOf(await subscribe('nowhere', { ...here, max_in_flight: 0 }), 'INVALID_REQUEST');
    errorOf(await subscribe('nowhere', here), 'URL_NOT_ALLOWED');
    const there = { url: 'https://receiver.example/', dead_letter_queue: 'nowhere-either' };
    errorOf(await subscribe('nowhere', there), 'QUEUE_NOT_FOUND');
    const queue = await client.newQueue();
    errorOf(await subscribe(queue, there), 'DEAD_LETTER_QUEUE_NOT_FOUND');
    errorOf(await client.post('push_subscribe/nowhere/s/pause', {}), 'QUEUE_NOT_FOUND');
    errorOf(await client.post(`push_subscribe/${queue}/s/pause`, {}), 'SUBSCRIPTION_NOT_FOUND');
  });

  test('has no effect when it is refused', async () => {
    const queue = await client.newQueue();
    await reader.post('publish', { queue, payload: 1 });
    await client.post('publish', { queue, payload: 1, priority: -1 });
    await client.post('publish', JSON.stringify({ queue, payload: 1 }), asText);
    expect(await client.stats(queue)).toMatchObject({ available: 0, delayed: 0 });
  });
});
