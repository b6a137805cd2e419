import { setTimeout as pause } from 'node:timers/promises';
import { Millrace, type MillraceError } from '@millrace/client';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { sleep } from '#client/transport/sleep';
import { ok, StubServer, silent } from './harness/stub-server.js';

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

test('many calls can share a signal, which ends them all', async () => {
  const warnings: Error[] = [];
  const warned = (warning: Error) => warnings.push(warning);
  process.on('warning', warned);
  stub.answer(silent);
  const ending = new AbortController();
  const { signal } = ending;
  const calls = Array.from({ length: 40 }, () => orders().get({ signal }));
  await expect.poll(() => stub.requests.length).toBe(40);
  ending.abort(new Error('enough'));
  const settled = await Promise.allSettled(calls);
  process.off('warning', warned);
  expect(new Set(settled.map((one) => one.status === 'rejected' && one.reason.message))).toEqual(
    new Set(['enough']),
  );
  expect(warnings).toEqual([]);
});

test('a wait that is longer than a timer can be does not end at once', async () => {
  const ending = new AbortController();
  let isOver = false;
  const waiting = sleep(2 ** 31 + 1, ending.signal).finally(() => {
    isOver = true;
  });
  await pause(30);
  expect(isOver).toBe(false);
  ending.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  stub.answer(ok({ messages: [] }));
  const longest = { timeoutMs: 2 ** 31 - 1, waitSeconds: 2 };
  expect((await orders().consume(longest)).messages).toEqual([]);
});

test('numbers that JSON does not have are refused where they would get lost', async () => {
  stub.answer(ok({ message_id: 'm1' }));
  for (const delaySeconds of [Number.NaN, Number.POSITIVE_INFINITY]) {
    await expect(orders().publish(1, { delaySeconds })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: 'delaySeconds must be a number',
    });
  }
  const returned = [{ messageId: 'm1', receipt: 'r1', delaySeconds: Number.NaN }];
  await expect(orders().nackBatch(returned)).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: 'delaySeconds must be a number',
  });
  await expect(orders().consume({ waitSeconds: Number.NaN })).rejects.toMatchObject({
    code: 'INVALID_OPTION',
  });
  expect(stub.requests).toEqual([]);
});

test.each([
  '{"ok":true}',
  '{"ok":true,"data":null}',
  '{"ok":false,"error":"not found"}',
  '{"ok":"yes"}',
])('%s is no answer of millrace', async (text) => {
  stub.answer((_, response) => response.end(text));
  await expect(orders().get()).rejects.toMatchObject({ code: 'UNEXPECTED_ANSWER', status: 200 });
});

test('a call has been made, even if whoever is told its warnings fails', async () => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  stub.answer((_, response) => {
    const metadata = { request_id: 'r', warnings: [{ path: '/x', message: 'is not known' }] };
    response.end(JSON.stringify({ ok: true, data: { message_id: 'm1' }, metadata }));
  });
  const onWarning = () => {
    throw new Error('from onWarning');
  };
  expect(await orders({ onWarning }).publish(1)).toEqual({ messageId: 'm1' });
  expect(error).toHaveBeenCalledOnce();
  error.mockRestore();
});
