import { describe, expect, test } from 'vitest';
import { callerOf, type HttpAnswer } from '../../harness/http-server.js';
import { exchange, openSocket, requestHead } from '../../harness/raw-http.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useServer } from '../use-server.js';

describe.each(STORE_FACTORIES)('the metrics listener on $name', (factory) => {
  const running = useServer(factory, ['--metrics-listen', '127.0.0.1:0']);
  const call = (method: string, path: string, headers = {}): Promise<HttpAnswer> =>
    callerOf(new URL(running.metricsUrl ?? '').origin)(method, path, undefined, {
      key: null,
      headers,
    });
  const askAs = (host: string): Promise<HttpAnswer | undefined> =>
    exchange(running.metricsUrl ?? '', [requestHead('GET', '/metrics', { Host: host })]);

  test('answers without a key with the metrics that the main address gives with a key', async () => {
    const queue = await running.client.newQueue();
    const answer = await call('GET', '/metrics?name=millrace');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.text).toContain(`queue="${queue}"`);
    expect(running.metricsUrl).not.toContain(new URL(running.url).host);
    const other = await running.call('GET', '/metrics');
    const names = ({ text }: HttpAnswer) => text.match(/^# TYPE \S+/gm);
    expect(names(other)).toEqual(names(answer));
  });

  test('answers HEAD without a body', async () => {
    const answer = await call('HEAD', '/metrics');
    expect([answer.status, answer.text]).toEqual([200, '']);
  });

  test.each([
    '127.0.0.1',
    '127.0.0.1:9464',
    '[::1]',
    '[::1]:9464',
    'localhost',
    'LOCALHOST:80',
    '192.0.2.7:9464',
  ])('answers requests with the Host %s', async (host) => {
    expect((await askAs(host))?.status).toBe(200);
  });

  // A browser sends such a Host when another site's name resolves to this address.
  test.each([
    'rebind.example',
    'rebind.example:9464',
    'localhost.rebind.example',
    '127.0.0.1.rebind.example',
    'localhost@rebind.example',
    '[::1].rebind.example',
    '[rebind.example]:9464',
    '127.1',
    '2130706433',
    'localhost:x',
    '',
  ])('refuses requests with the Host %j', async (host) => {
    const answer = await askAs(host);
    expect(answer?.status).toBe(403);
    expect(answer?.text).not.toContain('millrace_');
  });

  test('answers only GET and HEAD of /metrics', async () => {
    expect((await call('POST', '/metrics')).status).toBe(405);
    expect((await call('POST', '/metrics')).headers.get('allow')).toBe('GET, HEAD');
    for (const path of ['/', '/healthz', '/docs', '/v1/queue/list', '/metrics/', '//metrics']) {
      expect((await call('GET', path)).status, path).toBe(404);
    }
  });

  test('keeps answering after clients reset their sockets, whatever they had sent', async () => {
    const said = [
      '',
      'GET',
      'GET /metrics HTTP/1.1\r\n',
      'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
    ];
    for (const text of [...said, 'what is this\r\n\r\n', requestHead('GET', '/metrics', {})]) {
      const socket = openSocket(running.metricsUrl ?? '');
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('connect', resolve));
      await new Promise((resolve) => socket.write(text, resolve));
      socket.resetAndDestroy();
    }
    expect((await call('GET', '/metrics')).status).toBe(200);
  });

  test('closes when the server stops', async () => {
    const url = running.metricsUrl ?? '';
    await running.restart([]);
    expect(running.metricsUrl).toBeUndefined();
    await expect(fetch(url)).rejects.toThrow();
  });
});
