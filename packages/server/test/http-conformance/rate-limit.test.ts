import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../harness/stores.js';
import { useServer } from './use-server.js';

describe.each(STORE_FACTORIES)('a rate limit on $name', (factory) => {
  const running = useServer(factory, ['--rate-limit', '2', '--rate-burst', '3']);

  test('refuses with 429, whole seconds and the RateLimit headers, then lets go on', async () => {
    const call = () => running.call('GET', '/v1/queue/list');
    for (const remaining of ['2', '1', '0']) {
      const answer = await call();
      expect(answer.status).toBe(200);
      expect(answer.headers.get('ratelimit-limit')).toBe('3');
      expect(answer.headers.get('ratelimit-remaining')).toBe(remaining);
      expect(answer.headers.get('ratelimit-reset')).toMatch(/^\d+$/);
    }
    const refused = await call();
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({ ok: false, data: null, error: { code: 'RATE_LIMITED' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    running.clock.advance(1_000);
    expect((await call()).status).toBe(200);
  });

  test('comes after the key: a wrong one is 401 however often', async () => {
    for (let index = 0; index < 6; index += 1) {
      const answer = await running.call('GET', '/v1/queue/list', undefined, { key: 'wrong' });
      expect(answer.status).toBe(401);
    }
  });
});
