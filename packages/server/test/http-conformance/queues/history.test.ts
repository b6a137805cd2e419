import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useServer } from '../use-server.js';

interface Minute {
  readonly at: string;
  readonly depth: number;
}

describe.each(STORE_FACTORIES)('history on $name', (factory) => {
  const running = useServer(factory);
  const post = (path: string, body: object) => running.call('POST', `/v1/queue/${path}`, body);
  const history = async (queue: string): Promise<Minute[]> => {
    const answer = await running.call('GET', `/v1/queue/history/${queue}`);
    expect(answer.status).toBe(200);
    return answer.body.data.minutes;
  };

  test('returns the depth and the rates of each minute of the last hour', async () => {
    await post('create', { name: 'busy', max_retries: 0 });
    for (let index = 0; index < 5; index += 1) {
      await post('publish', { queue: 'busy', payload: index });
    }
    const { messages } = (await post('consume', { queue: 'busy', max_messages: 3 })).body.data;
    await post('ack', { queue: 'busy', message_id: messages[0].message_id });
    await post('nack', { queue: 'busy', message_id: messages[1].message_id });
    running.clock.advance(2_000);
    await expect
      .poll(async () => (await history('busy')).at(-1))
      .toEqual({
        at: new Date(Math.floor(running.clock.nowMs() / 60_000) * 60_000).toISOString(),
        depth: 3,
        published: 5,
        delivered: 3,
        acked: 1,
        failed: 1,
        dead_lettered: 1,
      });
    running.clock.advance(3 * 60_000);
    const minutes = await history('busy');
    expect(minutes).toHaveLength(60);
    expect(minutes.at(-1)).toMatchObject({ published: 0 });
    expect(minutes.at(-3)).toMatchObject({ depth: 3 });
  });

  test('returns the same by quarters of an hour of the last day', async () => {
    await post('create', { name: 'daily' });
    const spanned = async (span: string) =>
      running.call('GET', `/v1/queue/history/daily?span=${span}`);
    await post('publish', { queue: 'daily', payload: 1 });
    await post('publish', { queue: 'daily', payload: 2 });
    running.clock.advance(2_000);
    await expect.poll(async () => (await history('daily')).at(-1)?.depth).toBe(2);
    const atMs = running.clock.nowMs();
    running.clock.advance(5 * 3_600_000);
    await post('publish', { queue: 'daily', payload: 3 });
    running.clock.advance(2_000);
    await expect.poll(async () => (await history('daily')).at(-1)?.depth).toBe(3);
    const { minutes, quarter_hours: quarters } = (await spanned('day')).body.data;
    expect(minutes).toBeUndefined();
    expect(quarters).toHaveLength(96);
    const at = new Date(Math.floor(atMs / 900_000) * 900_000).toISOString();
    const wanted = { at, depth: 2, published: 2, delivered: 0, acked: 0 };
    expect(quarters).toContainEqual({ ...wanted, failed: 0, dead_lettered: 0 });
    expect(quarters.at(-1)).toMatchObject({ depth: 3, published: 1 });
    const hour = (await spanned('hour')).body.data;
    expect(hour.minutes).toHaveLength(60);
    expect(hour.minutes[0]).toMatchObject({ depth: 2 });
    expect(hour.quarter_hours).toBeUndefined();
    const refused = await spanned('week');
    expect(refused.body.error.details[0].path).toBe('/span');
  });

  test('of an unknown queue is refused as QUEUE_NOT_FOUND', async () => {
    const answer = await running.call('GET', '/v1/queue/history/nobody');
    expect(answer.status).toBe(404);
    expect(answer.body.error.code).toBe('QUEUE_NOT_FOUND');
  });
});
