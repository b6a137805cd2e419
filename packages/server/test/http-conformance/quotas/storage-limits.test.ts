import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useServer } from '../use-server.js';

describe.each(STORE_FACTORIES)('storage limits on $name', (factory) => {
  const flags = ['--max-queue-messages', '3', '--max-queue-bytes', '40'];
  const running = useServer(factory, [...flags, '--max-project-messages', '5']);
  const post = (path: string, body: object = {}) => running.call('POST', `/v1/queue/${path}`, body);
  const publish = (queue: string, payload: unknown) => post('publish', { queue, payload });
  const create = (name: string) => post('create', { name });
  const codeOf = ({ body }: { body: { error: { code: string } | null } }) =>
    body.error?.code ?? 'ok';

  test('refuse a publish above --max-queue-messages until a message is acked or purged', async () => {
    await create('full');
    for (let index = 0; index < 3; index += 1) {
      expect(codeOf(await publish('full', index))).toBe('ok');
    }
    const refused = await publish('full', 3);
    expect(refused.status).toBe(507);
    expect(refused.body.error).toMatchObject({ code: 'STORAGE_FULL' });
    expect(refused.body.error.hint).toContain('--max-queue-messages');
    const { messages } = (await post('consume', { queue: 'full', max_messages: 1 })).body.data;
    expect(codeOf(await publish('full', 3))).toBe('STORAGE_FULL');
    await post('ack', { queue: 'full', message_id: messages[0].message_id });
    expect(codeOf(await publish('full', 3))).toBe('ok');
    await post('purge/full');
    expect(codeOf(await publish('full', 4))).toBe('ok');
    await running.call('DELETE', '/v1/queue/delete/full');
  });

  test('refuse the whole publish_batch if not all of it fits', async () => {
    await create('batched');
    const messages = Array.from({ length: 4 }, (_, payload) => ({ payload }));
    expect(codeOf(await post('publish_batch', { queue: 'batched', messages }))).toBe(
      'STORAGE_FULL',
    );
    const stats = await running.call('GET', '/v1/queue/stats/batched');
    expect(stats.body.data.available).toBe(0);
    await running.call('DELETE', '/v1/queue/delete/batched');
  });

  test('refuse a publish above --max-queue-bytes', async () => {
    await create('bytes');
    expect(codeOf(await publish('bytes', 'x'.repeat(28)))).toBe('ok');
    expect(codeOf(await publish('bytes', 'x'.repeat(28)))).toBe('STORAGE_FULL');
    expect(codeOf(await publish('bytes', 'x'.repeat(8)))).toBe('ok');
    await running.call('DELETE', '/v1/queue/delete/bytes');
  });

  test('refuse a publish above --max-project-messages over all queues of the project', async () => {
    await create('one');
    await create('two');
    for (const queue of ['one', 'one', 'one', 'two', 'two']) {
      expect(codeOf(await publish(queue, 1))).toBe('ok');
    }
    const refused = await publish('two', 1);
    expect(codeOf(refused)).toBe('STORAGE_FULL');
    expect(refused.body.error.hint).toContain('--max-project-messages');
    await running.call('DELETE', '/v1/queue/delete/one');
    expect(codeOf(await publish('two', 1))).toBe('ok');
  });
});
