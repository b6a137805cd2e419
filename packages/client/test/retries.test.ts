import { Millrace, MillraceError } from '@millrace/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { retryAfterMs, retryDelayMs } from '#client/transport/retry-rules';
import {
  broken,
  ok,
  page,
  refusal,
  type StubAnswer,
  StubServer,
  silent,
} from './harness/stub-server.js';

let stub: StubServer;
beforeAll(async () => {
  stub = await StubServer.start();
});
afterAll(() => stub.stop());

const SECRET = 'ifr_very_secret_key';
const QUICK = { baseDelayMs: 1, maxDelayMs: 5 };
const client = (options = {}) =>
  new Millrace({ baseUrl: stub.url, apiKey: SECRET, retries: QUICK, ...options });
const publish = (options = {}, call = {}) =>
  client(options).queue('orders').publish({ a: 1 }, call);
const failure = (call: Promise<unknown>): Promise<MillraceError> =>
  call.then(
    () => expect.unreachable('the call succeeded'),
    (error) => error,
  );
const keys = () => stub.requests.map(({ body }) => body.idempotency_key);
/** Sends the beginning of an answer, and ends it as one that has no length. */
const cut: StubAnswer = (_, response) => {
  response.socket?.end('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{"ok":true,"data":{"mess');
};
const STORED = ok({ message_id: 'm1' });

describe('repeats', () => {
  test.each([
    ['a broken connection', broken],
    ['429', refusal(429, 'RATE_LIMITED')],
    ['503 OVERLOADED', refusal(503, 'OVERLOADED')],
    ['503 STORE_UNAVAILABLE', refusal(503, 'STORE_UNAVAILABLE')],
    ['503 OUTCOME_UNKNOWN', refusal(503, 'OUTCOME_UNKNOWN')],
    ['502 of a proxy', page(502)],
    ['503 of a proxy', page(503)],
    ['504 of a proxy', page(504)],
    ['an answer without a length that breaks off', cut],
  ])('after %s, with the same key', async (_, fault) => {
    stub.answer(fault, fault, STORED);
    expect(await publish()).toEqual({ messageId: 'm1' });
    expect(stub.requests).toHaveLength(3);
    expect(new Set(keys()).size).toBe(1);
    expect(keys()[0]).toMatch(/^[0-9a-f]{32}$/);
  });

  test('after an answer that does not come in time', async () => {
    stub.answer(silent, STORED);
    expect(await publish({}, { timeoutMs: 1_000 })).toEqual({ messageId: 'm1' });
    expect(stub.requests.length).toBeGreaterThanOrEqual(2);
    expect(new Set(keys()).size).toBe(1);
  });

  test('at most as often as it may', async () => {
    stub.answer(refusal(503, 'OVERLOADED'));
    const error = await failure(publish({ retries: { ...QUICK, maxAttempts: 4 } }));
    expect(error).toMatchObject({ code: 'OVERLOADED', status: 503, retryable: true });
    expect(stub.requests).toHaveLength(4);
  });

  test('not beyond the time that it may take in all', async () => {
    stub.answer(refusal(503, 'OVERLOADED', { 'retry-after': '3600' }));
    const error = await failure(publish());
    expect(error.retryAfterMs).toBe(3_600_000);
    expect(stub.requests).toHaveLength(1);
  });

  test('after the pause that the server asks for', async () => {
    const pauses: number[] = [];
    stub.answer(refusal(429, 'RATE_LIMITED', { 'retry-after': '1' }), STORED);
    await publish({}, { onRetry: (_: MillraceError, delayMs: number) => pauses.push(delayMs) });
    expect(pauses).toHaveLength(1);
    expect(pauses[0]).toBeGreaterThanOrEqual(1_000);
  });

  test('never, if it may not', async () => {
    stub.answer(refusal(503, 'OVERLOADED'));
    await failure(publish({ retries: false }));
    await failure(publish({}, { retries: false }));
    expect(stub.requests).toHaveLength(2);
  });

  test.each([
    [400, 'INVALID_REQUEST'],
    [401, 'UNAUTHENTICATED'],
    [404, 'QUEUE_NOT_FOUND'],
    [409, 'IDEMPOTENCY_KEY_REUSED'],
    [500, 'INTERNAL'],
    [507, 'STORAGE_FULL'],
  ])('not after %i %s', async (status, code) => {
    stub.answer(refusal(status, code));
    expect(await failure(publish())).toMatchObject({
      code,
      status,
      retryable: false,
      requestId: 'request-1',
    });
    expect(stub.requests).toHaveLength(1);
  });
});

describe('without an idempotency key', () => {
  test.each([
    ['switched off for the client', { idempotency: false }, {}],
    ['switched off for the call', {}, { idempotencyKey: false }],
  ])('%s: repeats only what has had no effect', async (_, options, call) => {
    stub.answer(refusal(503, 'OVERLOADED'), STORED);
    await publish(options, call);
    expect(keys()).toEqual([undefined, undefined]);
    stub.answer(broken, STORED);
    expect(await failure(publish(options, call))).toMatchObject({
      code: 'NETWORK_ERROR',
      mayHaveTakenEffect: true,
    });
    stub.answer(refusal(503, 'OUTCOME_UNKNOWN'), STORED);
    expect(await failure(publish(options, call))).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(stub.requests).toHaveLength(1);
  });

  test('acks and reads are repeated freely', async () => {
    const queue = client().queue('orders');
    stub.answer(broken, ok({ message_id: 'm1', acked: true }));
    expect(await queue.ack({ messageId: 'm1', receipt: 'r' })).toEqual({
      messageId: 'm1',
      acked: true,
    });
    expect(keys()).toEqual([undefined, undefined]);
    stub.answer(broken, ok({ queue: 'orders', available: 0 }));
    await queue.stats();
    expect(stub.requests).toHaveLength(2);
  });

  test('a test push is never repeated, because it would be posted twice', async () => {
    stub.answer(broken);
    await failure(client().queue('orders').pushTest('s1'));
    expect(stub.requests).toHaveLength(1);
  });
});

describe('calls on deliveries', () => {
  const named = { messageId: 'm1', receipt: 'r1' };
  const unnamed = { messageId: 'm2' };
  const calls = (...deliveries: { messageId: string; receipt?: string }[]) => {
    const queue = client().queue('orders');
    const [first = unnamed] = deliveries;
    return [
      () => queue.ack(first),
      () => queue.nack(first),
      () => queue.extend(first, 30),
      () => queue.ackBatch(deliveries),
      () => queue.nackBatch(deliveries),
    ];
  };

  test('with their receipts are repeated without a key, since a second call changes nothing', async () => {
    for (const call of calls(named, named)) {
      stub.answer(broken, ok({ results: [] }));
      await call();
      expect(keys()).toEqual([undefined, undefined]);
    }
  });

  test('without a receipt have a key, since a second call might meet the next delivery', async () => {
    for (const call of [...calls(unnamed, named), ...calls(unnamed)]) {
      stub.answer(broken, ok({ results: [] }));
      await call();
      expect(keys()[0]).toMatch(/^[0-9a-f]{32}$/);
      expect(keys()[1]).toBe(keys()[0]);
    }
    stub.answer(broken);
    const unkeyed = client().queue('orders').nack(unnamed, { idempotencyKey: false });
    expect(await failure(unkeyed)).toMatchObject({ code: 'NETWORK_ERROR' });
    expect(stub.requests).toHaveLength(1);
  });
});

test('every other call that writes has a key', async () => {
  const queue = client().queue('orders');
  const { keys: apiKeys } = client().account;
  const writes: [string, () => Promise<unknown>][] = [
    ['create', () => queue.create()],
    ['update', () => queue.update({ maxRetries: 1 })],
    ['delete', () => queue.delete()],
    ['purge', () => queue.purge()],
    ['publishBatch', () => queue.publishBatch([])],
    ['consume', () => queue.consume()],
    ['redrive', () => queue.dlq.redrive()],
    ['dlq.purge', () => queue.dlq.purge()],
    ['pushSubscribe', () => queue.pushSubscribe('https://a.example/')],
    ['pushUnsubscribe', () => queue.pushUnsubscribe('s')],
    ['keys.create', () => apiKeys.create()],
    ['keys.revoke', () => apiKeys.revoke('k')],
  ];
  for (const [name, call] of writes) {
    stub.answer(ok({ messages: [] }));
    await call();
    expect(keys()[0], name).toBeTypeOf('string');
  }
});

describe('errors', () => {
  test('a server that is not there', async () => {
    const gone = await StubServer.start();
    const { url } = gone;
    await gone.stop();
    const error = await failure(
      new Millrace({ baseUrl: url, apiKey: SECRET, retries: false }).queue('q').get(),
    );
    expect(error).toBeInstanceOf(MillraceError);
    expect(error).toMatchObject({
      code: 'NETWORK_ERROR',
      retryable: true,
      mayHaveTakenEffect: false,
    });
    expect(error.message).toContain('ECONNREFUSED');
  });

  test('an answer that is not of millrace', async () => {
    stub.answer(page(200));
    expect(await failure(publish())).toMatchObject({
      code: 'UNEXPECTED_ANSWER',
      status: 200,
      retryable: false,
    });
  });

  test('a redirect is not followed, because it would carry the key elsewhere', async () => {
    stub.answer((_, response) =>
      response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    );
    const error = await failure(publish({ retries: false }));
    expect(error).toMatchObject({ code: 'UNEXPECTED_ANSWER', status: 302 });
    const fetched = await failure(publish({ retries: false, fetch }));
    expect(fetched).toMatchObject({ code: 'UNEXPECTED_ANSWER', status: 302 });
    expect(stub.requests).toHaveLength(2);
  });

  test('no error contains the key', async () => {
    for (const answer of [broken, page(500), refusal(401, 'UNAUTHENTICATED')]) {
      stub.answer(answer);
      const error = await failure(publish({ retries: false }));
      const { inspect } = await import('node:util');
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(SECRET);
    }
  });

  test.each([
    [{ baseUrl: undefined }, 'baseUrl'],
    [{ baseUrl: 'nonsense' }, 'baseUrl'],
    [{ baseUrl: 'ftp://a' }, 'baseUrl'],
    [{ baseUrl: 'http://me:secret@a' }, 'baseUrl'],
    [{ apiKey: 'two words' }, 'apiKey'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ retries: { maxAttempts: 0 } }, 'maxAttempts'],
    [{ retries: { maxAttempts: '3' as unknown as number } }, 'retries.maxAttempts'],
    [{ retries: { totalMs: -1 } }, 'retries.totalMs'],
    [{ retries: { baseDelayMs: Number.NaN } }, 'retries.baseDelayMs'],
  ])('a wrong option is named: %o', (option, name) => {
    const make = () => new Millrace({ baseUrl: 'http://a', apiKey: 'k', ...option });
    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(make).toThrow(name);
    expect(make).not.toThrow('secret');
    expect(make).not.toThrow('two words');
  });

  test('names that would lead to another call are refused here', async () => {
    expect(() => client().queue('..')).toThrow('queue name');
    stub.answer(ok({}));
    expect(await failure(client().queue('q').message('..'))).toMatchObject({
      code: 'INVALID_OPTION',
    });
    expect(await failure(client().queue('q').message('half \udfff'))).toMatchObject({
      code: 'INVALID_OPTION',
    });
    await client().queue('q').message('a/b?c');
    expect(stub.requests.map(({ url }) => url)).toEqual(['/v1/queue/message/q/a%2Fb%3Fc']);
  });

  test.each([[undefined], [1n], [Symbol('s')], [() => 1]])(
    'a payload that is no JSON: %o',
    async (payload) => {
      stub.answer(STORED);
      const publishing = client().queue<unknown>('q').publish(payload);
      expect(await failure(publishing)).toMatchObject({ code: 'INVALID_PAYLOAD' });
      expect(stub.requests).toHaveLength(0);
    },
  );

  test('headers that are no JSON are named', async () => {
    const error = await failure(publish({}, { headers: { a: 1n } }));
    expect(error).toMatchObject({ code: 'INVALID_PAYLOAD' });
    expect(error.message).toBe('headers cannot be written as JSON');
  });
});

describe('signals', () => {
  test('end a call that waits for its answer', async () => {
    stub.answer(silent);
    const controller = new AbortController();
    const call = publish({}, { signal: controller.signal });
    await expect.poll(() => stub.requests.length).toBe(1);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
  });

  test('end a call that waits for its next attempt', async () => {
    stub.answer(refusal(503, 'OVERLOADED', { 'retry-after': '30' }));
    const controller = new AbortController();
    const call = publish({}, { signal: controller.signal, onRetry: () => controller.abort() });
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('that were aborted before make no request', async () => {
    stub.answer(STORED);
    await expect(publish({}, { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    expect(stub.requests).toHaveLength(0);
  });
});

test('the address and the key come from the environment', async () => {
  process.env.MILLRACE_URL = `${stub.url}/`;
  process.env.MILLRACE_API_KEY = 'from-the-environment';
  try {
    stub.answer(STORED);
    await new Millrace().queue('q').publish(1);
    expect(stub.requests[0]?.headers.authorization).toBe('Bearer from-the-environment');
  } finally {
    delete process.env.MILLRACE_URL;
    delete process.env.MILLRACE_API_KEY;
  }
});

test('the trace of a message is also that of its call', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  stub.answer(STORED);
  await publish({}, { traceparent });
  await publish({}, { traceparent: 'not\nof a header' });
  await publish();
  const inHeader = stub.requests.map(({ headers }) => headers.traceparent);
  expect(inHeader).toEqual([traceparent, undefined, undefined]);
  expect(stub.requests[0]?.body.headers).toEqual({ traceparent });
});

test('a consume has the time that it waits in addition', async () => {
  stub.answer((_, response) => {
    setTimeout(() => ok({ messages: [] })(_, response), 300);
  });
  const queue = client({ timeoutMs: 100, retries: false }).queue('q');
  expect(await queue.consume({ waitSeconds: 5 })).toEqual({ messages: [], invalid: [] });
});

test('pauses grow, are random, and never end before the server wants', () => {
  const rules = { baseDelayMs: 100, maxDelayMs: 1_000 };
  const longest = (failures: number) => retryDelayMs(rules, failures, 0, () => 1);
  expect([1, 2, 3, 4, 5, 20].map(longest)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  expect(retryDelayMs(rules, 3, 0, () => 0)).toBe(0);
  expect(retryDelayMs(rules, 1, 5_000, () => 0.5)).toBe(5_050);
  // The page of a proxy may ask for days.
  expect(retryDelayMs(rules, 1, 99_999_999_999_000, () => 0.5)).toBe(300_050);
});

test.each([
  ['7', 7_000],
  ['0', 0],
  ['Thu, 01 Jan 1970 00:00:10 GMT', 9_000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['soon', undefined],
  ['', undefined],
])('Retry-After: %s', (header, expected) => {
  expect(retryAfterMs(header, 1_000)).toBe(expected);
});
