import { describe, expect, test } from 'vitest';
import type { HttpAnswer } from '../../harness/http-server.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf, errorOf } from '../answers/expect-answer.js';
import { useServer } from '../use-server.js';

/** Expects a refusal whose hint names the quota and the flag that raises it. */
const expectOver = (answer: HttpAnswer, quota: string): void => {
  const { hint } = errorOf(answer, 'STORAGE_FULL');
  expect(hint).toContain(`--max-project-${quota}`);
};

describe.each(STORE_FACTORIES)('quotas of a project on $name', (factory) => {
  const running = useServer(factory, [
    ...['--max-project-queues', '2', '--max-project-subscriptions', '1'],
    ...['--max-project-keys', '2', '--auto-create'],
  ]);
  const { client } = running;

  test('refuse one queue too many with 507, whichever call would create it', async () => {
    dataOf(await client.post('create', { name: 'one' }));
    dataOf(await client.post('publish', { queue: 'two', payload: 1 }));
    expectOver(await client.post('create', { name: 'three' }), 'queues');
    expectOver(await client.post('publish', { queue: 'three', payload: 1 }), 'queues');
    const messages = [{ payload: 1 }];
    expectOver(await client.post('publish_batch', { queue: 'three', messages }), 'queues');
    expectOver(await client.post('consume', { queue: 'three' }), 'queues');
    const url = 'https://receiver.example/';
    expectOver(await client.post('push_subscribe/three', { url }), 'queues');
    errorOf(await client.get('get/three'), 'QUEUE_NOT_FOUND');
    dataOf(await client.post('create', { name: 'one' }));
    dataOf(await running.call('DELETE', '/v1/queue/delete/one'));
    dataOf(await client.post('create', { name: 'three' }));
  });

  test('refuse one push subscription too many with 507', async () => {
    const subscribe = (url: string) => client.post('push_subscribe/two', { url });
    const { subscription_id } = dataOf(await subscribe('https://receiver.example/a'));
    expectOver(await subscribe('https://receiver.example/b'), 'subscriptions');
    // No queue is created for it either.
    dataOf(await running.call('DELETE', '/v1/queue/delete/three'));
    const url = 'https://receiver.example/c';
    expectOver(await client.post('push_subscribe/four', { url }), 'subscriptions');
    errorOf(await client.get('get/four'), 'QUEUE_NOT_FOUND');
    dataOf(await running.call('DELETE', `/v1/queue/push_subscribe/two/${subscription_id}`));
    dataOf(await subscribe('https://receiver.example/b'));
  });

  test('refuse one valid key too many with 507, and do not count revoked keys', async () => {
    const create = () => running.call('POST', '/v1/account/keys/create', { project: 'team' });
    const { key_id } = dataOf(await create());
    dataOf(await create());
    expectOver(await create(), 'keys');
    dataOf(await running.call('POST', `/v1/account/keys/revoke/${key_id}`, {}));
    dataOf(await create());
  });
});

describe.each(STORE_FACTORIES)('the quota of bytes of a project on $name', (factory) => {
  const running = useServer(factory, ['--max-project-bytes', '4KiB']);
  const { client } = running;

  test('counts dead letters too, and does not keep messages from being settled', async () => {
    const queue = await client.newQueue();
    const payload = 'x'.repeat(998);
    for (let n = 0; n < 4; n += 1) {
      const message_id = await client.publish(queue, payload);
      await client.take(queue);
      dataOf(await client.nack(queue, message_id, { requeue: false }));
    }
    expectOver(await client.post('publish', { queue, payload }), 'bytes');
    const purge = (more: object) => client.post(`dlq/purge/${queue}`, more);
    const refused = await purge({ idempotency_key: 'a' });
    expectOver(refused, 'bytes');
    expect(errorOf(refused, 'STORAGE_FULL').hint).toContain('Leave out the idempotency key');
    expect((await client.stats(queue)).dlq).toBe(4);
    const settled = await client.ack(queue, 'unknown', { idempotency_key: 'a' });
    expect(dataOf(settled).acked).toBe(false);
    expect(dataOf(await purge({})).purged).toBe(4);
    await client.publish(queue, payload);
  });
});
