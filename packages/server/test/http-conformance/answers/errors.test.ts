import { ERRORS, errorEntry } from '@millrace/protocol';
import { afterAll, describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useServer } from '../use-server.js';
import { type Code, dataOf, errorOf, STATUS_OF_CODE } from './expect-answer.js';

/** Codes that need server flags, or a fault that HTTP calls alone cannot cause. */
const REACHED_ELSEWHERE: readonly Code[] = [
  'RATE_LIMITED',
  'OVERLOADED',
  'STORAGE_FULL',
  'INTERNAL',
  'STORE_UNAVAILABLE',
  'OUTCOME_UNKNOWN',
];

test('the published errors have the codes and statuses of the contract', () => {
  const published = Object.entries(ERRORS).map(([code, { status }]) => [code, status]);
  expect(Object.fromEntries(published)).toEqual(STATUS_OF_CODE);
});

test('exactly the errors with status 429 or 503 have a Retry-After', () => {
  for (const code of Object.keys(ERRORS) as (keyof typeof ERRORS)[]) {
    const { status, retryAfterSeconds } = errorEntry(code);
    expect(retryAfterSeconds !== undefined, code).toBe(status === 429 || status === 503);
  }
});

describe.each(STORE_FACTORIES)('error codes on $name', (factory) => {
  const running = useServer(factory);
  const { client } = running;
  const reached = new Set<Code>();

  const reaches = (
    code: Code,
    how: string,
    send: () => ReturnType<typeof client.post>,
    check: (error: ReturnType<typeof errorOf>) => void = () => undefined,
  ) =>
    test(`${how} is refused as ${code}`, async () => {
      check(errorOf(await send(), code));
      reached.add(code);
    });

  reaches('INVALID_JSON', 'a body that ends too early', () => client.post('publish', '{"queue":'));
  reaches(
    'INVALID_REQUEST',
    'a field out of bounds, which is named with its rule,',
    () => client.post('publish', { queue: 'q', payload: 1, delay_seconds: 604_801 }),
    ({ details }) =>
      expect(details).toEqual([
        { path: '/delay_seconds', message: expect.stringContaining('604800') },
      ]),
  );
  reaches('UNAUTHENTICATED', 'a call without a key', () => client.with({ key: null }).get('list'));
  reaches('SCOPE_MISSING', 'a key without the scope', async () => {
    const made = dataOf(
      await running.call('POST', '/v1/account/keys/create', { scopes: ['publish'] }),
    );
    return client.with({ key: made.key }).get('list');
  });

  reaches('QUEUE_NOT_FOUND', 'a publish to an unknown queue', () =>
    client.post('publish', { queue: 'nowhere', payload: 1 }),
  );
  reaches('QUEUE_NOT_FOUND', 'a consume from an unknown queue', () =>
    client.post('consume', { queue: 'nowhere' }),
  );
  reaches('QUEUE_NOT_FOUND', 'a long poll on an unknown queue', () =>
    client.post('consume', { queue: 'nowhere', wait_seconds: 20 }),
  );
  reaches('QUEUE_NOT_FOUND', 'an ack in an unknown queue', () => client.ack('nowhere', 'm'));
  reaches('QUEUE_NOT_FOUND', 'a nack in an unknown queue', () => client.nack('nowhere', 'm'));
  reaches('QUEUE_NOT_FOUND', 'an extend in an unknown queue', () =>
    client.extend('nowhere', 'm', 5),
  );
  reaches('QUEUE_NOT_FOUND', 'a get of an unknown queue', () => client.get('get/nowhere'));
  reaches('QUEUE_NOT_FOUND', 'a call for the stats of an unknown queue', () =>
    client.get('stats/nowhere'),
  );

  for (const path of ['peek/nowhere', 'message/nowhere/m', 'dlq/list/nowhere']) {
    reaches('QUEUE_NOT_FOUND', `GET ${path}`, () => client.get(path));
  }
  for (const path of ['purge/nowhere', 'dlq/redrive/nowhere', 'dlq/purge/nowhere']) {
    reaches('QUEUE_NOT_FOUND', `POST ${path}`, () => client.post(path, {}));
    reaches('QUEUE_NOT_FOUND', `POST ${path} with a message_id`, () =>
      client.post(path, { message_id: 'm' }),
    );
  }
  for (const call of ['publish_batch', 'ack_batch', 'nack_batch']) {
    reaches('QUEUE_NOT_FOUND', `an empty ${call} in an unknown queue`, () =>
      client.post(call, { queue: 'nowhere', messages: [] }),
    );
    reaches('QUEUE_NOT_FOUND', `${call} of one message in an unknown queue`, () =>
      client.post(call, { queue: 'nowhere', messages: [{ payload: 1, message_id: 'm' }] }),
    );
  }
  reaches('QUEUE_NOT_FOUND', 'an update of an unknown queue', () =>
    running.call('PATCH', '/v1/queue/update/nowhere', { max_retries: 1 }),
  );
  reaches('MESSAGE_NOT_FOUND', 'a call for an unknown message', async () =>
    client.get(`message/${await client.newQueue()}/m`),
  );
  reaches(
    'QUEUE_IN_USE',
    'a delete of a dead-letter queue in use, with the names of its sources,',
    async () => {
      const dlq = await client.newQueue();
      await client.newQueue({ dead_letter_queue: dlq });
      return running.call('DELETE', `/v1/queue/delete/${dlq}`);
    },
    (error) => expect(JSON.stringify(error)).toMatch(/queue-\d+.*queue-\d+/),
  );

  for (const path of ['push_subscriptions/nowhere', 'push_subscribe/nowhere/s/deliveries']) {
    reaches('QUEUE_NOT_FOUND', `GET ${path}`, () => client.get(path));
  }
  for (const call of ['', '/s/pause', '/s/resume', '/s/test']) {
    reaches('QUEUE_NOT_FOUND', `POST push_subscribe/nowhere${call}`, () =>
      client.post(`push_subscribe/nowhere${call}`, { url: 'https://receiver.example' }),
    );
  }
  for (const call of ['pause', 'resume', 'test', 'deliveries']) {
    reaches('SUBSCRIPTION_NOT_FOUND', `the call ${call} for an unknown subscription`, async () => {
      const path = `push_subscribe/${await client.newQueue()}/no-such-one/${call}`;
      return call === 'deliveries' ? client.get(path) : client.post(path, {});
    });
  }
  reaches(
    'URL_NOT_ALLOWED',
    'a url of the server itself, which is named,',
    async () =>
      client.post(`push_subscribe/${await client.newQueue()}`, { url: 'https://127.0.0.1/' }),
    ({ details, hint }) => {
      expect(details).toEqual([{ path: '/url', message: expect.stringMatching(/\S/) }]);
      expect(hint).toContain('--push-allow');
    },
  );

  reaches('KEY_NOT_FOUND', 'the revocation of an unknown key', () =>
    running.call('POST', '/v1/account/keys/revoke/no-such-key'),
  );
  for (const path of [
    '/v0',
    '/v1',
    '/v1/queue',
    '/v1/queue/nothing',
    '/v1/queue/publish/q/extra',
  ]) {
    reaches('ROUTE_NOT_FOUND', `POST ${path}`, () => running.call('POST', path));
  }

  for (const [method, path, allowed] of [
    ['GET', '/v1/queue/publish', 'POST'],
    ['DELETE', '/v1/queue/create', 'POST'],
    ['PUT', '/v1/queue/consume', 'POST'],
    ['OPTIONS', '/v1/queue/ack', 'POST'],
    ['POST', '/v1/queue/list', 'GET'],
    ['PATCH', '/v1/queue/get/some-queue', 'GET'],
    ['POST', '/v1/queue/stats/some-queue', 'GET'],
    ['GET', '/v1/account/keys/revoke/some-key', 'POST'],
    ['POST', '/v1/queue/update/some-queue', 'PATCH'],
    ['PUT', '/v1/queue/update/some-queue', 'PATCH'],
    ['POST', '/v1/queue/delete/some-queue', 'DELETE'],
    ['DELETE', '/v1/queue/purge/some-queue', 'POST'],
    ['GET', '/v1/queue/publish_batch', 'POST'],
    ['GET', '/v1/queue/ack_batch', 'POST'],
    ['GET', '/v1/queue/nack_batch', 'POST'],
    ['POST', '/v1/queue/peek/some-queue', 'GET'],
    ['DELETE', '/v1/queue/message/some-queue/m', 'GET'],
    ['POST', '/v1/queue/dlq/list/some-queue', 'GET'],
    ['GET', '/v1/queue/dlq/redrive/some-queue', 'POST'],
    ['DELETE', '/v1/queue/dlq/purge/some-queue', 'POST'],
    ['GET', '/v1/queue/push_subscribe/some-queue', 'POST'],
    ['POST', '/v1/queue/push_subscriptions/some-queue', 'GET'],
    ['POST', '/v1/queue/push_subscribe/some-queue/s', 'DELETE'],
    ['GET', '/v1/queue/push_subscribe/some-queue/s/pause', 'POST'],
    ['PUT', '/v1/queue/push_subscribe/some-queue/s/resume', 'POST'],
    ['GET', '/v1/queue/push_subscribe/some-queue/s/test', 'POST'],
    ['POST', '/v1/queue/push_subscribe/some-queue/s/deliveries', 'GET'],
  ] as const) {
    test(`${method} ${path} is refused as METHOD_NOT_ALLOWED, with ${allowed} as the allowed method`, async () => {
      const answer = await running.call(method, path);
      errorOf(answer, 'METHOD_NOT_ALLOWED');
      expect(answer.headers.get('allow')?.split(', ')).toContain(allowed);
      reached.add('METHOD_NOT_ALLOWED');
    });
  }

  reaches(
    'QUEUE_EXISTS',
    'a create with a setting that differs, which is named,',
    async () => {
      const name = await client.newQueue({ max_retries: 3 });
      return client.post('create', { name, max_retries: 4 });
    },
    ({ message, details }) =>
      expect(`${message} ${JSON.stringify(details)}`).toContain('max_retries'),
  );
  reaches('LEASE_LOST', 'an ack with the receipt of an earlier delivery', async () => {
    const queue = await client.newQueue();
    await client.publish(queue);
    const { message_id, receipt } = await client.take(queue);
    await client.nack(queue, message_id, { receipt });
    return client.ack(queue, message_id, { receipt });
  });
  reaches('IDEMPOTENCY_KEY_REUSED', 'the idempotency key of another request', async () => {
    const queue = await client.newQueue();
    await client.publish(queue, 1, { idempotency_key: 'k' });
    return client.post('publish', { queue, payload: 2, idempotency_key: 'k' });
  });
  reaches(
    'PAYLOAD_TOO_LARGE',
    'a payload that is one byte too large, which is named,',
    async () => {
      const queue = await client.newQueue();
      return client.post('publish', { queue, payload: 'x'.repeat(1024 * 1024 - 1) });
    },
    ({ details }) => expect(details[0].path).toBe('/payload'),
  );
  reaches('PAYLOAD_TOO_LARGE', 'a body far above all limits', () =>
    client.post('publish', { queue: 'q', payload: 'x'.repeat(4 * 1024 * 1024) }),
  );
  reaches('UNSUPPORTED_MEDIA_TYPE', 'a form body', () =>
    client.post('publish', 'queue=q', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }),
  );
  reaches('UNSUPPORTED_MEDIA_TYPE', 'a compressed body', () =>
    client.post('publish', '{}', { headers: { 'content-encoding': 'gzip' } }),
  );
  reaches('DEAD_LETTER_QUEUE_NOT_FOUND', 'a create with an unknown dead-letter queue', () =>
    client.post('create', { name: 'a', dead_letter_queue: 'nowhere' }),
  );
  reaches('DEAD_LETTER_CYCLE', 'a create of a queue that is its own dead-letter queue', () =>
    client.post('create', { name: 'a', dead_letter_queue: 'a' }),
  );

  afterAll(() => {
    const expected = Object.keys(STATUS_OF_CODE).filter(
      (code) => !REACHED_ELSEWHERE.includes(code as Code),
    );
    expect([...reached].sort()).toEqual(expected.sort());
  });
});
