import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { request } from 'undici';
import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useServer } from '../use-server.js';

const BUILT = fileURLToPath(new URL('../../../dist/console/', import.meta.url));
const [sqlite] = STORE_FACTORIES;
if (sqlite === undefined) throw new Error('there is no store');

describe('/console', () => {
  const running = useServer(sqlite);
  const get = (path: string) => running.call('GET', path, undefined, { key: null });
  const asset = (): string => /\/console\/assets\/index-[^"]+\.js/.exec(page())?.[0] ?? '';
  const page = (): string => readFileSync(`${BUILT}index.html`, 'utf8');

  test.each(['/console', '/console/', '/console/queues/orders/messages?state=delayed'])(
    '%s is the page, whose policy allows only its own files',
    async (path) => {
      const { status, headers, text } = await get(path);
      expect(status).toBe(200);
      expect(text).toBe(page());
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(headers.get('cache-control')).toBe('no-cache');
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
      expect(policy).not.toContain('unsafe');
    },
  );

  test('an asset may be kept for ever, and is sent compressed to those who accept it', async () => {
    const plain = await get(asset());
    expect(plain.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(plain.headers.get('content-encoding')).toBeNull();
    const { headers, body } = await request(running.url + asset(), {
      headers: { 'accept-encoding': 'br, gzip' },
    });
    expect(headers['content-encoding']).toBe('gzip');
    expect(headers.vary).toBe('accept-encoding');
    const compressed = Buffer.from(await body.arrayBuffer());
    expect(gunzipSync(compressed).toString()).toBe(plain.text);
    expect(compressed.length).toBeLessThan(plain.text.length / 2);
  });

  test.each([
    '/console/assets/index-from-an-older-build.js',
    '/console/assets/..%2f..%2fmain.js',
    '/console/assets/',
  ])('%s is no file of the console', async (path) => {
    const { status, body } = await get(path);
    expect(status).toBe(404);
    expect(body.error.code).toBe('ROUTE_NOT_FOUND');
  });

  test('/ leads there, and the page only answers GET', async () => {
    const { status, headers } = await get('/');
    expect([status, headers.get('location')]).toEqual([302, '/console']);
    const posted = await running.call('POST', '/console');
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});
