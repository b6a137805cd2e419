import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../harness/stores.js';
import { useServer } from './use-server.js';

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

  test('of an unknown queue is refused as QUEUE_NOT_FOUND', async () => {
    const answer = await running.call('GET', '/v1/queue/history/nobody');
    expect(answer.status).toBe(404);
    expect(answer.body.error.code).toBe('QUEUE_NOT_FOUND');
  });
});
