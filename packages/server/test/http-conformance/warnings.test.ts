import { CAPABILITIES } from '@millrace/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import type { HttpAnswer } from '../harness/http-server.js';
import { STORE_FACTORIES } from '../harness/stores.js';
import { dataOf, errorOf, expectNoWarnings, replayOf, warningsOf } from './expect-answer.js';
import { CALL_NAMES, type CallName, fieldsOf } from './field-cases.js';
import { useServer } from './use-server.js';
import {
  BATCH_CALLS,
  bodyText,
  hasBody,
  inPath,
  methodOf,
  objectText,
  pathOf,
  QUEUE,
  statusOfValid,
  VALID,
  VALID_ENTRY,
} from './valid-calls.js';

/** The message of the valid call is not there. */
const statusOf = (call: CallName) => (call === 'message' ? 404 : statusOfValid(call));
const REFUSING: readonly CallName[] = ['createKey', 'listKeys', 'revokeKey'];
const WARNING = CALL_NAMES.filter((call) => !REFUSING.includes(call));
/** Makes a body one of those that are scanned as they arrive. */
const FILLING = `"filling":"${'x'.repeat(80 * 1024)}"`;

describe.each(STORE_FACTORIES)('fields that a call does not know on $name', (factory) => {
  const running = useServer(factory);
  const { client } = running;
  beforeAll(async () => {
    dataOf(await client.post('create', { name: QUEUE }));
  });

  const send = (call: CallName, texts: Record<string, string> = {}): Promise<HttpAnswer> => {
    const values = Object.entries({ ...VALID[call], ...texts });
    if (hasBody(call)) {
      return running.call(methodOf(call), pathOf(call), bodyText(call, Object.fromEntries(values)));
    }
    const query = values.filter(([name]) => !inPath(call, name));
    return running.call('GET', `${pathOf(call)}?${new URLSearchParams(query)}`);
  };
  const unknown = (path: string, nearest?: string) => ({
    path,
    message: nearest === undefined ? 'unknown field' : `unknown field; did you mean ${nearest}?`,
  });

  test.each(CALL_NAMES)('%s: a request in order is warned of nothing', async (call) => {
    const answer = await send(call);
    expect(answer.status, answer.text).toBe(statusOf(call));
    expectNoWarnings(answer);
  });

  test.each(WARNING)('%s: is ignored and told of', async (call) => {
    const answer = await send(call, { 'no/such~field': '1' });
    expect(answer.status, answer.text).toBe(statusOf(call));
    expect(warningsOf(answer)).toEqual([unknown('/no~1such~0field')]);
  });

  test.each(BATCH_CALLS)('%s: of an entry too, by its index', async (call) => {
    const [first, second] = [VALID_ENTRY[call], { ...VALID_ENTRY[call], colour: '1' }];
    const list = `[${objectText(first)},${objectText(second)}]`;
    expect(warningsOf(await send(call, { messages: list }))).toEqual([
      unknown('/messages/1/colour'),
    ]);
  });

  test.each([
    ['delay', 'delay_seconds'],
    ['delaySeconds', 'delay_seconds'],
    ['DelaySeconds', 'delay_seconds'],
    ['delay-seconds', 'delay_seconds'],
    ['delay_second', 'delay_seconds'],
    ['dealy_seconds', 'delay_seconds'],
    ['Priority', 'priority'],
    ['group_id', 'message_group_id'],
    ['MessageDeduplicationId', 'deduplication_id'],
    ['idempotencyKey', 'idempotency_key'],
    ['header', 'headers'],
  ])('publish: %s is taken for %s', async (name, nearest) => {
    const answer = await send('publish', { [name]: '60' });
    expect(warningsOf(answer)).toEqual([unknown(`/${name}`, nearest)]);
    expectNoWarnings(await send('publish', { [nearest]: 'null' }));
  });

  test.each([
    ['consume', 'maxMessages', 'max_messages'],
    ['consume', 'MaxNumberOfMessages', 'max_messages'],
    ['consume', 'WaitTimeSeconds', 'wait_seconds'],
    ['consume', 'timeout', 'visibility_timeout'],
    ['ack', 'ReceiptHandle', 'receipt'],
    ['create', 'retries', 'max_retries'],
    ['list', 'limits', 'limit'],
    ['pushSubscribe', 'uri', 'url'],
    ['pushSubscribe', 'forwardTo', 'forward_to'],
  ] as const)('%s: %s is taken for %s', async (call, name, nearest) => {
    expect(warningsOf(await send(call, { [name]: '1' }))).toEqual([unknown(`/${name}`, nearest)]);
  });

  test('one that is like no other, or long, is taken for none', async () => {
    for (const name of ['region', '', '键', `delay_seconds${'s'.repeat(20)}`]) {
      expect(warningsOf(await send('publish', { [name]: '1' }))).toEqual([unknown(`/${name}`)]);
    }
  });

  test('their names are cut to 64 characters, and no character is cut', async () => {
    for (const character of ['x', '😀', '~']) {
      const name = character.repeat(65);
      const [warning] = warningsOf(await send('publish', { [name]: '1' }));
      const shown = character.repeat(64).replaceAll('~', '~0');
      expect(warning).toEqual(unknown(`/${shown}`));
    }
  });

  test('ten are told of, those of the whole before those of entries', async () => {
    const many = (prefix: string, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, '1']));
    const entry = objectText({ payload: '1', ...many('inner', 30) });
    const texts = { messages: `[${entry},${entry}]`, ...many('outer', 4) };
    const paths = warningsOf(await send('publishBatch', texts)).map(({ path }) => path);
    expect(paths).toEqual([
      ...[0, 1, 2, 3].map((index) => `/outer${index}`),
      ...[0, 1, 2, 3, 4, 5].map((index) => `/messages/0/inner${index}`),
    ]);
  });

  test('what a payload, headers or a cursor holds is no field', async () => {
    const inner = '{"delay":60,"__proto__":{"queue":1}}';
    const texts = { payload: inner, headers: '{"delay":"60","payloads":"x"}' };
    expectNoWarnings(await send('publish', texts));
    expectNoWarnings(await send('publishBatch', { messages: `[${objectText(texts)}]` }));
    expectNoWarnings(
      await send('pushSubscribe', { url: '"https://b.example/"', headers: '{"delay":"60"}' }),
    );
  });

  test('aliases are known', async () => {
    for (const alias of ['url', 'forward_to', 'endpoint']) {
      const body = { [alias]: 'https://alias.example/hook' };
      expectNoWarnings(await client.post(`push_subscribe/${QUEUE}`, body));
    }
  });

  test('names that every object has are told of as any other', async () => {
    const texts = { __proto__: '1', constructor: '1', toString: '1' };
    const names = ['__proto__', 'constructor', 'toString'];
    const body = `{${names.map((name) => `"${name}":1`)},"queue":"${QUEUE}","payload":1}`;
    expect(Object.keys(texts)).toContain('constructor');
    expect(warningsOf(await client.post('publish', body))).toEqual(
      names.map((name) => unknown(`/${name}`)),
    );
  });

  describe('are told of where something else is wrong', () => {
    test('a field', async () => {
      const answer = await client.post('publish', { queue: QUEUE, payloads: 1 });
      errorOf(answer, 'INVALID_REQUEST');
      expect(warningsOf(answer)).toEqual([unknown('/payloads', 'payload')]);
    });

    test('the queue in the path', async () => {
      const answer = await client.post('purge/a', { queue: 'b', queues: 'a' });
      errorOf(answer, 'INVALID_REQUEST');
      expect(warningsOf(answer)).toEqual([unknown('/queues', 'queue')]);
    });

    test('the state: a queue, a message, a lease', async () => {
      const nowhere = await client.post('publish', { queue: 'nowhere', payload: 1, delay: 1 });
      errorOf(nowhere, 'QUEUE_NOT_FOUND');
      expect(warningsOf(nowhere)).toEqual([unknown('/delay', 'delay_seconds')]);
      const none = await client.get(`message/${QUEUE}/m?full=1`);
      errorOf(none, 'MESSAGE_NOT_FOUND');
      expect(warningsOf(none)).toEqual([unknown('/full')]);
    });

    test('not before the fields were looked at', async () => {
      const body = { queue: QUEUE, payload: 1, delay: 1 };
      expectNoWarnings(await client.post('publish', body, { key: 'nonsense' }));
      const headers = { 'content-type': 'text/plain' };
      expectNoWarnings(await client.post('publish', body, { headers }));
      expectNoWarnings(await client.post('publish', '{"delay":1'));
      expectNoWarnings(await client.post('publish', '[{"delay":1}]'));
    });
  });

  test('are no part of what an idempotency key stands for, and are told of in replays', async () => {
    const queue = await client.newQueue();
    const body = { queue, payload: 1, idempotency_key: 'k' };
    const first = await client.post('publish', { ...body, delay: 60 });
    expect(warningsOf(first)).toEqual([unknown('/delay', 'delay_seconds')]);
    const again = await client.post('publish', { ...body, prio: 1 });
    expect(replayOf(again)).toEqual(dataOf(first));
    expect(warningsOf(again)).toEqual([unknown('/prio')]);
    expectNoWarnings(await client.post('publish', body));
    expect(await client.stats(queue)).toMatchObject({ available: 1, delayed: 0 });
  });

  describe('the same for large bodies as for small ones', () => {
    test.each([
      ['publish', `"queue":"${QUEUE}","payload":1,"delay":1,"a/b":2,"p\\u0072io":3`],
      ['publish', `"queue":"nowhere","payload":1,"delaySeconds":1`],
      ['publish_batch', `"queue":"${QUEUE}","message":[],"messages":[{"payload":1,"delay":2}]`],
      ['publish_batch', `"queue":"${QUEUE}","messages":[{"payloads":1,"priority":"x"}]`],
      ['publish_batch', `"queue":"${QUEUE}","messages":[1,[2],{"payload":1,"x":1}],"y":1`],
      ['ack_batch', `"queue":"${QUEUE}","messages":[{"message_id":"m","id":1,"receipts":2}]`],
      ['consume', `"queue":"${QUEUE}","wait":0,"${'n'.repeat(2_000)}":1`],
      ['nack', `"queue":"${QUEUE}","message_id":"m","requeue":"no","reason":"x"`],
    ])('%s of {%s}', async (call, members) => {
      const small = await client.post(call, `{${members},"filling":"x"}`);
      const large = await client.post(call, `{${members},${FILLING}}`);
      expect(warningsOf(small).length).toBeGreaterThan(1);
      expect(warningsOf(large)).toEqual(warningsOf(small));
      expect(large.status).toBe(small.status);
      expect(large.body.error).toEqual(small.body.error);
    });

    test.each([2_000, 100_000])('%s of them', async (count) => {
      const members = Array.from({ length: count }, (_, index) => `"f${index}":1`);
      const body = `{"queue":"${QUEUE}","payload":1,${members}}`;
      const warnings = warningsOf(await client.post('publish', body));
      expect(warnings).toEqual(Array.from({ length: 10 }, (_, index) => unknown(`/f${index}`)));
    });
  });

  describe('in the query string', () => {
    test('of a call with a body nothing is read, which is told', async () => {
      const answer = await client.post(`purge/${QUEUE}?idempotency_key=k&colour=red`, {});
      expect(warningsOf(answer)).toEqual([
        {
          path: '/idempotency_key',
          message: 'unknown field in the query string; send it in the body',
        },
        { path: '/colour', message: 'unknown field in the query string' },
      ]);
    });

    test('a queue must agree with the path', async () => {
      const answer = await client.get(`stats/${QUEUE}?queue=another`);
      expect(errorOf(answer, 'INVALID_REQUEST').details[0].path).toBe('/queue');
      dataOf(await client.get(`stats/${QUEUE}?queue=${QUEUE}`));
    });
  });

  describe('are refused by the calls of keys, so that none is made that was not meant', () => {
    const keysOf = async () =>
      dataOf(await running.call('GET', '/v1/account/keys/list?limit=1000')).items;

    test.each([
      ['{"scope":"publish"}', '/scope', 'scopes'],
      ['{"Scopes":["publish"]}', '/Scopes', 'scopes'],
      ['{"scopes":["publish"],"expires":"2099-01-01T00:00:00.000Z"}', '/expires', 'expires_at'],
      ['{"scopes":["publish"],"projects":"x"}', '/projects', 'project'],
      ['{"colour":1}', '/colour', undefined],
    ])('createKey %s', async (body, path, nearest) => {
      const before = await keysOf();
      for (const text of [body, body.replace('{', `{${FILLING},`)]) {
        const answer = await running.call('POST', '/v1/account/keys/create', text);
        const { message, details } = errorOf(answer, 'INVALID_REQUEST');
        const expected = text === body ? [unknown(path, nearest)] : expect.anything();
        expect(details).toEqual(expected);
        expect(details).toContainEqual(unknown(path, nearest));
        expect(message).toContain('unknown field');
        expectNoWarnings(answer);
      }
      expect(await keysOf()).toEqual(before);
    });

    test('createKey with its fields in the query string', async () => {
      const answer = await running.call('POST', '/v1/account/keys/create?scopes=publish');
      expect(errorOf(answer, 'INVALID_REQUEST').details[0].path).toBe('/scopes');
    });

    test('listKeys and revokeKey', async () => {
      const list = await running.call('GET', '/v1/account/keys/list?limits=1');
      expect(errorOf(list, 'INVALID_REQUEST').details).toEqual([unknown('/limits', 'limit')]);
      const made = dataOf(await running.call('POST', '/v1/account/keys/create', {}));
      const path = `/v1/account/keys/revoke/${made.key_id}`;
      errorOf(await running.call('POST', path, { reason: 'lost' }), 'INVALID_REQUEST');
      expect((await keysOf()).at(-1)).not.toHaveProperty('revoked_at');
      dataOf(await running.call('POST', path, { key_id: made.key_id }));
    });

    test('which their schemas say', async () => {
      for (const call of CALL_NAMES) {
        const { id } = CAPABILITIES[call];
        const { params } = (await running.call('GET', `/v1/discovery/${id}`)).body;
        const refuses = params.additionalProperties === false;
        expect(refuses, id).toBe(REFUSING.includes(call));
        expect(fieldsOf(call).map(({ name }) => name)).toEqual(Object.keys(params.properties));
      }
    });
  });
});
