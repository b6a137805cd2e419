import { describe, expect, test } from 'vitest';
import { ADMIN_KEY } from '../../harness/http-server.js';
import { openSocket, requestHead } from '../../harness/raw-http.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useServer } from '../use-server.js';

const KEY = { Authorization: `Bearer ${ADMIN_KEY}` };
const NO_KEY = {};
/** Each header as it is usually spelt, and as the documents spell it. */
const SPELLINGS = [
  ...['Allow', 'Cache-Control', 'Connection', 'Content-Length', 'Content-Type', 'Date'],
  ...['Access-Control-Allow-Origin', 'Content-Security-Policy', 'Keep-Alive', 'Referrer-Policy'],
  ...['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset', 'Retry-After'],
  ...['Transfer-Encoding', 'WWW-Authenticate', 'X-Content-Type-Options', 'X-Request-Id'],
];

interface Bytes {
  readonly status: number;
  readonly names: readonly string[];
  header(name: string): string | undefined;
  readonly body: Buffer;
}

/** The answer as it was sent, byte for byte. */
function bytesOf(url: string, request: string): Promise<Bytes> {
  return new Promise((resolve, reject) => {
    const socket = openSocket(url);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('end', () => {
      socket.end();
      const bytes = Buffer.concat(chunks);
      const headEnd = bytes.indexOf('\r\n\r\n');
      const [statusLine = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
      const names = lines.map((line) => line.slice(0, line.indexOf(':')));
      resolve({
        status: Number(statusLine.split(' ')[1]),
        names,
        header: (name) => lines.find((line) => line.startsWith(`${name}: `))?.split(': ')[1],
        body: bytes.subarray(headEnd + 4),
      });
    });
    socket.write(request);
  });
}

const get = (path: string, headers: Record<string, string> = NO_KEY) =>
  requestHead('GET', path, headers);
const post = (path: string, text: string, headers: Record<string, string> = KEY) =>
  requestHead('POST', path, { ...headers, 'Content-Length': Buffer.byteLength(text) }) + text;

describe.each(STORE_FACTORIES)('answers on the wire on $name', (factory) => {
  // The clock stands still, so the second request of a key exceeds its rate.
  const limited = useServer(factory, ['--rate-limit', '1']);
  const running = useServer(factory);

  const JSON_ANSWERS: [what: string, status: number, request: string][] = [
    ['a list', 200, get('/v1/queue/list', KEY)],
    ['a create', 200, post('/v1/queue/create', '{"name":"q"}')],
    [
      'a create with an idempotency key',
      200,
      post('/v1/queue/create', '{"name":"r","idempotency_key":"k"}'),
    ],
    ['a retry of that create', 200, post('/v1/queue/create', '{"name":"r","idempotency_key":"k"}')],
    ['a create with an unknown field', 200, post('/v1/queue/create', '{"name":"q","é":1}')],
    ['a create with an invalid name', 400, post('/v1/queue/create', '{"name":"ö"}')],
    ['a body that is not JSON', 400, post('/v1/queue/create', '{')],
    ['a call without a key', 401, get('/v1/queue/list')],
    ['an unknown queue', 404, get('/v1/queue/get/nowhere', KEY)],
    ['an unknown route', 404, get('/v1/nowhere')],
    ['a wrong method', 405, post('/v1/queue/list', '{}')],
    ['a body that is too large', 413, post('/v1/queue/create', `"${'x'.repeat(140 * 1024)}"`)],
    [
      'a wrong media type',
      415,
      post('/v1/queue/create', '{}', { ...KEY, 'Content-Type': 'text/plain' }),
    ],
    ['a malformed HTTP request', 400, 'GET / HTTP/1.1\r\nHost: x\r\nbroken\r\n\r\n'],
    ['an unknown method', 405, requestHead('BREW', '/v1/queue/list', {})],
    ['headers that are too long', 400, get('/', { X: 'x'.repeat(20 * 1024) })],
    ['a malformed path', 400, get('/v1/queue/get/%zz')],
    ['discovery', 200, get('/v1/discovery')],
    ['discovery of one call', 200, get('/v1/discovery/queue.publish')],
    ['discovery of an unknown call', 404, get('/v1/discovery/nothing')],
    ['/openapi.json', 200, get('/openapi.json')],
    ['/healthz', 200, get('/healthz')],
    ['/readyz', 200, get('/readyz')],
  ];

  test.each(JSON_ANSWERS)(
    'the answer to %s (%i) is JSON and a line feed, with their length as Content-Length',
    async (...row) => {
      const [, status, request] = row;
      const answer = await bytesOf(running.url, request);
      expect(answer.status).toBe(status);
      expect(answer.header('Content-Type')).toMatch(/^application\/json/);
      expect(answer.header('Content-Length')).toBe(String(answer.body.length));
      const text = answer.body.toString();
      expect(text.endsWith('}\n')).toBe(true);
      expect(text).toBe(`${JSON.stringify(JSON.parse(text))}\n`);
    },
  );

  test('a long answer is JSON and a line feed, with their length as Content-Length', async () => {
    const payload = `"${'é'.repeat(200_000)}"`;
    await bytesOf(running.url, post('/v1/queue/create', '{"name":"long"}'));
    await bytesOf(running.url, post('/v1/queue/publish', `{"queue":"long","payload":${payload}}`));
    const answer = await bytesOf(running.url, post('/v1/queue/consume', '{"queue":"long"}'));
    expect(answer.header('Content-Length')).toBe(String(answer.body.length));
    const text = answer.body.toString();
    expect(text).toBe(`${JSON.stringify(JSON.parse(text))}\n`);
    expect(text.length).toBeGreaterThan(200_000);
  });

  const ANSWERS: [what: string, request: string][] = [
    ...JSON_ANSWERS.map(([what, , request]): [string, string] => [what, request]),
    ['/metrics', get('/metrics', KEY)],
    ['/docs', get('/docs')],
  ];
  test.each(ANSWERS)(
    'the answer to %s has only headers in their usual spelling',
    async (_what, request) => {
      const { names } = await bytesOf(running.url, request);
      expect(names.length).toBeGreaterThan(2);
      for (const name of names) expect(SPELLINGS).toContain(name);
      expect(names).toContain('Content-Type');
    },
  );

  test('the answers 401, 405 and 429 have the headers that say what to do', async () => {
    const unknown = await bytesOf(running.url, get('/v1/queue/list'));
    expect(unknown.header('WWW-Authenticate')).toBe('Bearer');
    expect(unknown.header('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/);
    const method = await bytesOf(running.url, get('/v1/queue/consume', KEY));
    expect(method.header('Allow')).toBe('POST');
    await bytesOf(limited.url, get('/v1/queue/list', KEY));
    const tooMany = await bytesOf(limited.url, get('/v1/queue/list', KEY));
    expect(tooMany.status).toBe(429);
    expect(tooMany.header('Retry-After')).toMatch(/^[1-9]\d*$/);
    expect(tooMany.header('RateLimit-Remaining')).toBe('0');
    expect(JSON.parse(tooMany.body.toString()).error).toMatchObject({
      code: 'RATE_LIMITED',
      status: 429,
    });
  });
});
