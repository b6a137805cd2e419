import { CAPABILITIES, type Capability } from '@millrace/protocol';
import { describe, expect, test } from 'vitest';
import { ROUTES } from '#server/http/routes/index';
import { STORE_FACTORIES, type StoreFactory } from '../harness/stores.js';
import { errorOf, UUID_V7 } from '../http-conformance/answers/expect-answer.js';
import { useServer } from '../http-conformance/use-server.js';

/** The public calls do not depend on the store, so one store is enough. */
const server = useServer(STORE_FACTORIES[0] as StoreFactory);
const look = (path: string) => server.call('GET', path, undefined, { key: null });

describe('GET /v1/discovery', () => {
  test('lists every call that has a route, needs no key and has no envelope', async () => {
    const answer = await look('/v1/discovery');
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body)).toEqual(['capabilities']);
    const all = Object.values(CAPABILITIES) as Capability[];
    const expected = all.map(({ id, method, path, queuePath, description }) => ({
      id,
      method,
      path,
      ...(queuePath !== undefined && { queue_path: `${path}/{queue}` }),
      available: true,
      // It sends a push every time it is called.
      idempotent: id !== 'queue.push_test',
      description,
    }));
    expect(answer.body.capabilities).toEqual(expected);
    expect(all.filter(({ queuePath }) => queuePath !== undefined)).toHaveLength(8);
    const routed = ROUTES.map(({ capability }) => capability.id);
    expect(expected.map(({ id }) => id).sort()).toEqual(routed.sort());
  });

  test.each(Object.values(CAPABILITIES) as Capability[])(
    'shows the same summary as /v1/discovery/$id, which adds schemas and examples',
    async ({ id }) => {
      const answer = await look(`/v1/discovery/${id}`);
      expect(answer.status).toBe(200);
      const { params, returns, examples, ...summary } = answer.body;
      const { capabilities } = (await look('/v1/discovery')).body;
      expect(capabilities).toContainEqual(summary);
      expect(summary.id).toBe(id);
      expect(params.type).toBe('object');
      expect(returns.type).toBe('object');
      expect(examples.length).toBeGreaterThan(0);
      expect(answer.text).not.toMatch(/"x-rule|plain-text/);
    },
  );

  test('answers 404 with the envelope for an unknown id', async () => {
    for (const id of ['queue.nothing', 'publish', '%2F', '__proto__', 'x'.repeat(5_000)]) {
      const error = errorOf(await look(`/v1/discovery/${id}`), 'ROUTE_NOT_FOUND', id);
      expect(error.hint).toContain('/v1/discovery');
      expect(error.message.length).toBeLessThan(300);
    }
  });
});

describe.each([
  '/v1/discovery',
  '/v1/discovery/queue.ack',
  '/openapi.json',
  '/docs',
  '/docs/',
  '/docs/scalar.js',
  '/docs/start.js',
])('%s', (path) => {
  test('is answered with a request id', async () => {
    expect((await look(path)).headers.get('x-request-id')).toMatch(UUID_V7);
  });

  test('ignores a wrong key', async () => {
    expect((await server.call('GET', path, undefined, { key: 'nonsense' })).status).toBe(200);
  });

  test('answers HEAD', async () => {
    const answer = await server.call('HEAD', path, undefined, { key: null });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('');
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'refuses the method %s',
    async (method) => {
      const answer = await server.call(method, path, undefined, { key: null });
      errorOf(answer, 'METHOD_NOT_ALLOWED');
      expect(answer.headers.get('allow')).toBe('GET, HEAD');
    },
  );
});
