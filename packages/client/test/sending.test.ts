import { Millrace, type MillraceError } from '@millrace/client';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { ok, StubServer } from './harness/stub-server.js';

let stub: StubServer;
beforeAll(async () => {
  stub = await StubServer.start();
});
afterAll(() => stub.stop());
afterEach(() => vi.unstubAllGlobals());

const orders = (options = {}) =>
  new Millrace({ baseUrl: stub.url, apiKey: 'key', retries: false, ...options }).queue('orders');

test('in Node requests do not go through fetch, unless one is given', async () => {
  const refusing = vi.fn(() => Promise.reject(new TypeError('not this way')));
  vi.stubGlobal('fetch', refusing);
  stub.answer(ok({ message_id: 'm1' }));
  expect(await orders().publish(1)).toEqual({ messageId: 'm1' });
  expect(refusing).not.toHaveBeenCalled();
  await expect(orders({ fetch }).publish(1)).rejects.toMatchObject({ code: 'NETWORK_ERROR' });
  expect(refusing).toHaveBeenCalledOnce();
});

test.each([
  ['Bun', { node: '24.0.0', bun: '1.4.5' }, undefined],
  ['Deno', { node: '24.0.0', deno: '2.9.0' }, undefined],
  ['Cloudflare', { node: '24.0.0' }, { userAgent: 'Cloudflare-Workers' }],
  ['a browser', undefined, { userAgent: 'Mozilla/5.0' }],
])('in %s requests go through fetch', async (_, versions, navigator) => {
  const answering = vi.fn(async () => new Response('{"ok":true,"data":{"message_id":"m2"}}'));
  vi.stubGlobal('fetch', answering);
  vi.stubGlobal('navigator', navigator);
  vi.stubGlobal('process', versions && { ...process, versions });
  const queue = orders();
  vi.unstubAllGlobals();
  vi.stubGlobal('fetch', answering);
  expect(await queue.publish(1)).toEqual({ messageId: 'm2' });
  expect(answering).toHaveBeenCalledOnce();
});

test('each kind of request says how long its body is, in bytes', async () => {
  stub.answer(ok({ message_id: 'm1', deleted: true }));
  await orders().publish('Größe');
  await orders().delete();
  await orders().get();
  const lengths = stub.requests.map(({ method, headers }) => [
    method,
    headers['content-length'] ?? headers['transfer-encoding'],
  ]);
  const bodies = stub.requests.map(({ body }) => body && Buffer.byteLength(JSON.stringify(body)));
  expect(lengths).toEqual([
    ['POST', String(bodies[0])],
    ['DELETE', String(bodies[1])],
    ['GET', undefined],
  ]);
});

test('an answer that breaks off is no answer, and may have taken effect', async () => {
  stub.answer((_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{"ok":true,', () => response.destroy());
  });
  const error: MillraceError = await orders()
    .publish(1)
    .then(
      () => expect.unreachable('the call succeeded'),
      (reason) => reason,
    );
  expect(error).toMatchObject({ code: 'NETWORK_ERROR', retryable: true, mayHaveTakenEffect: true });
});
