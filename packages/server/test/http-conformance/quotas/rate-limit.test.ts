import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useServer } from '../use-server.js';

describe.each(STORE_FACTORIES)('a rate limit on $name', (factory) => {
  const running = useServer(factory, ['--rate-limit', '2', '--rate-burst', '3']);

  test('refuses calls with 429, Retry-After and RateLimit headers, and accepts calls a second later', async () => {
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

  test('is checked after the key, so a wrong key is always answered with 401', async () => {
    for (let index = 0; index < 6; index += 1) {
      const answer = await running.call('GET', '/v1/queue/list', undefined, { key: 'wrong' });
      expect(answer.status).toBe(401);
    }
  });
});
