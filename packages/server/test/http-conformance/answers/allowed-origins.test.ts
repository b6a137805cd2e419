import { describe, expect, test } from 'vitest';
import { ADMIN_KEY } from '../../harness/http-server.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useServer } from '../use-server.js';

const PAGE = 'https://app.example';
const OTHERS = ['http://app.example', 'https://app.example:8443', 'https://evil.example', 'null'];
const PATH = '/v1/queue/publish';

const preflightOf = (origin: string) => ({
  origin,
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization,content-type,idempotency-key',
});

const [sqlite] = STORE_FACTORIES;
if (sqlite === undefined) throw new Error('there is no store');

describe('a server with allowed origins', () => {
  const running = useServer(sqlite, [
    '--allowed-origins',
    `${PAGE},http://localhost:5173`,
    '--rate-limit',
    '1000',
  ]);
  const answerTo = (origin: string, path = '/v1/queue/list', key: string | null = ADMIN_KEY) =>
    running.call('GET', path, undefined, { key, headers: { origin } });

  test('answers a preflight without a key, and names what a client sends', async () => {
    const headers = preflightOf(PAGE);
    const answer = await running.call('OPTIONS', PATH, undefined, { key: null, headers });
    expect(answer.status).toBe(204);
    expect(answer.text).toBe('');
    expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(answer.headers.get('access-control-allow-methods')).toContain('POST');
    expect(answer.headers.get('access-control-allow-headers')?.toLowerCase().split(', ')).toEqual([
      'authorization',
      'content-type',
      'idempotency-key',
      'traceparent',
      'tracestate',
    ]);
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    expect(answer.headers.get('vary')).toBe('Origin');
  });

  test.each([PAGE, 'http://localhost:5173'])('lets pages of %s read answers', async (origin) => {
    const { status, headers } = await answerTo(origin);
    expect(status).toBe(200);
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    expect(headers.get('access-control-expose-headers')).toContain('Retry-After');
    expect(headers.get('ratelimit-limit')).toBe('1000');
    expect(headers.get('vary')).toBe('Origin');
  });

  test.each([
    ['401', '/v1/queue/list', null],
    ['404 for a queue', '/v1/queue/get/nowhere', ADMIN_KEY],
    ['404 for a route', '/v1/nowhere', ADMIN_KEY],
    ['405', PATH, ADMIN_KEY],
    ['400 for a malformed path', '/v1/queue/get/%ff', ADMIN_KEY],
  ] as const)('lets them read refusals too: %s', async (_, path, key) => {
    const { status, headers, body } = await answerTo(PAGE, path, key);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body.error.code).toBeDefined();
    expect(headers.get('access-control-allow-origin')).toBe(PAGE);
  });

  test.each(OTHERS)('gives pages of %s nothing', async (origin) => {
    expect((await answerTo(origin)).headers.get('access-control-allow-origin')).toBeNull();
    const headers = preflightOf(origin);
    const answer = await running.call('OPTIONS', PATH, undefined, { key: null, headers });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('answers clients without an origin as ever', async () => {
    const { status, headers } = await running.call('GET', '/v1/queue/list');
    expect(status).toBe(200);
    expect(headers.get('access-control-allow-origin')).toBeNull();
    // A cache must not give this answer to a page.
    expect(headers.get('vary')).toBe('Origin');
  });

  test('still refuses OPTIONS that is no preflight', async () => {
    const answer = await running.call('OPTIONS', PATH, undefined, { headers: { origin: PAGE } });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
  });
});

describe('a server without allowed origins', () => {
  const running = useServer(sqlite);

  test('refuses preflights and adds no header', async () => {
    const headers = preflightOf(PAGE);
    const preflight = await running.call('OPTIONS', PATH, undefined, { key: null, headers });
    expect(preflight.status).toBe(405);
    const answer = await running.call('GET', '/v1/queue/list', undefined, {
      headers: { origin: PAGE },
    });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(answer.headers.get('vary')).toBeNull();
  });
});
