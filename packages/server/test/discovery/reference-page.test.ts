import { once } from 'node:events';
import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES, type StoreFactory } from '../harness/stores.js';
import { useServer } from '../http-conformance/use-server.js';

const server = useServer(STORE_FACTORIES[0] as StoreFactory);
const look = (path: string) => server.call('GET', path, undefined, { key: null });

const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map((match) => match[1] as string);

describe('/docs', () => {
  test('is an HTML page that a browser asks for anew', async () => {
    const { status, headers, text } = await look('/docs');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-cache');
    expect(text).toMatch(/^<!doctype html>/);
  });

  test('allows scripts and requests of this server only', async () => {
    const policy = (await look('/docs')).headers.get('content-security-policy')?.split('; ');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy?.join()).not.toMatch(/https?:|unsafe-eval|\*/);
  });

  test('contains no inline script and no address of another host', async () => {
    const { text } = await look('/docs');
    expect(matches(text, /<script([^>]*)>/g).filter((head) => !head.includes('src='))).toEqual([]);
    expect(text).not.toMatch(/<iframe|<img|style="|\son\w+="/i);
    const links = matches(text, /(?:href|src)="([^"]*)"/g);
    expect(links.filter((url) => !/^(\/\w|data:,$)/.test(url))).toEqual([]);
  });

  test('has working links', async () => {
    for (const path of matches((await look('/docs')).text, /(?:href|src)="(\/[^"]+)"/g)) {
      expect((await look(path)).status, path).toBe(200);
    }
  });
});

describe.each(['/docs/scalar.js', '/docs/start.js'])('%s', (path) => {
  test('is a script that a browser may keep for good', async () => {
    const { headers, text } = await look(path);
    expect(headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toContain('immutable');
    expect(text).toContain('Scalar');
  });
});

/** The bytes as they are sent; fetch would expand them. */
async function bytesOf(
  acceptEncoding: string,
): Promise<{ headers: IncomingHttpHeaders; body: Buffer }> {
  const url = `${server.url}/docs/scalar.js`;
  const request = get(url, { headers: { 'accept-encoding': acceptEncoding } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { headers: response.headers, body: await buffer(response) };
}

test('the script is sent as the client reads it: compressed or expanded', async () => {
  const compressed = await bytesOf('br, gzip');
  expect(compressed.headers['content-encoding']).toBe('gzip');
  const plain = await bytesOf('identity');
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(gunzipSync(compressed.body).equals(plain.body)).toBe(true);
  expect(plain.body.subarray(0, 200).toString()).toContain('MIT License');
});

describe('/', () => {
  test.each(['GET', 'HEAD'])('redirects %s to /console', async (method) => {
    for (const path of ['/', '/?from=somewhere']) {
      const { status, headers } = await server.call(method, path, undefined, { key: null });
      expect([status, headers.get('location')]).toEqual([302, '/console']);
    }
  });

  test.each(['POST', 'PATCH', 'DELETE'])('refuses the method %s', async (method) => {
    const { status, headers, body } = await server.call(method, '/', undefined, { key: null });
    expect([status, body.error.code]).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(headers.get('allow')).toBe('GET, HEAD');
  });
});
