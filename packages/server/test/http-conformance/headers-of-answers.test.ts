import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../harness/stores.js';
import { useServer } from './use-server.js';

// Those of the calls are looked at wherever their envelope is.
describe.each(STORE_FACTORIES)('headers of answers on $name', (factory) => {
  const running = useServer(factory);
  const headersOf = async (path: string) => (await running.call('GET', path)).headers;

  test.each(['/healthz', '/readyz', '/metrics', '/v1/nowhere'])(
    '%s is not to be guessed at nor kept',
    async (path) => {
      const headers = await headersOf(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
    },
  );

  test.each(['/docs', '/openapi.json', '/v1/discovery', '/v1/discovery/queue.publish'])(
    '%s may be kept, and is not to be guessed at',
    async (path) => {
      const headers = await headersOf(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBeNull();
    },
  );
});
