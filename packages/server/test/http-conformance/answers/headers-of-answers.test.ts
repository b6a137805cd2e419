import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useServer } from '../use-server.js';

// Headers of the calls are checked with every envelope.
describe.each(STORE_FACTORIES)('headers of answers on $name', (factory) => {
  const running = useServer(factory);
  const headersOf = async (path: string) => (await running.call('GET', path)).headers;

  test.each(['/healthz', '/readyz', '/metrics', '/v1/nowhere'])(
    '%s is answered with nosniff and no-store',
    async (path) => {
      const headers = await headersOf(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
    },
  );

  test.each(['/openapi.json', '/v1/discovery', '/v1/discovery/queue.publish'])(
    '%s is answered with nosniff and may be cached',
    async (path) => {
      const headers = await headersOf(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBeNull();
    },
  );
});
