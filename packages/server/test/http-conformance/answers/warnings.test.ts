import { CAPABILITIES } from '@millrace/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import type { HttpAnswer } from '../../harness/http-server.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useServer } from '../use-server.js';
import { CALL_NAMES, type CallName, fieldsOf } from '../validation/field-cases.js';
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
} from '../validation/valid-calls.js';
import { dataOf, errorOf, expectNoWarnings, replayOf, warningsOf } from './expect-answer.js';

/** The message that the valid call names does not exist. */
const statusOf = (call: CallName) => (call === 'message' ? 404 : statusOfValid(call));
const REFUSING: readonly CallName[] = ['createKey', 'listKeys', 'revokeKey'];
const WARNING = CALL_NAMES.filter((call) => !REFUSING.includes(call));
/** Makes a body so large that it is scanned as it arrives. */
const FILLING = `"filling":"${'x'.repeat(80 * 1024)}"`;

describe.each(STORE_FACTORIES)('unknown fields on $name', (factory) => {
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

  test.each(CALL_NAMES)('are not warned about in a valid request of %s', async (call) => {
    const answer = await send(call);
    expect(answer.status, answer.text).toBe(statusOf(call));
    expectNoWarnings(answer);
  });

  test.each(WARNING)('are ignored by %s, with a warning', async (call) => {
    const answer = await send(call, { 'no/such~field': '1' });
    expect(answer.status, answer.text).toBe(statusOf(call));
    expect(warningsOf(answer)).toEqual([unknown('/no~1such~0field')]);
  });

  test.each(BATCH_CALLS)('are warned about in an entry of %s too, with its index', async (call) => {
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
  ])('of publish named %s get the suggestion %s', async (name, nearest) => {
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
  ] as const)('of %s named %s get the suggestion %s', async (call, name, nearest) => {
    expect(warningsOf(await send(call, { [name]: '1' }))).toEqual([unknown(`/${name}`, nearest)]);
  });

  test('get no suggestion if they are long or resemble no known field', async () => {
    for (const name of ['region', '', '键', `delay_seconds${'s'.repeat(20)}`]) {
      expect(warningsOf(await send('publish', { [name]: '1' }))).toEqual([unknown(`/${name}`)]);
    }
  });

  test('have their names cut to 64 whole characters in warnings', async () => {
    for (const character of ['x', '😀', '~']) {
      const name = character.repeat(65);
      const [warning] = warningsOf(await send('publish', { [name]: '1' }));
      const shown = character.repeat(64).replaceAll('~', '~0');
      expect(warning).toEqual(unknown(`/${shown}`));
    }
  });

  test('give at most ten warnings, those of the body before those of entries', async () => {
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

  test('do not include members of a payload or of headers', async () => {
    const inner = '{"delay":60,"__proto__":{"queue":1}}';
    const texts = { payload: inner, headers: '{"delay":"60","payloads":"x"}' };
    expectNoWarnings(await send('publish', texts));
    expectNoWarnings(await send('publishBatch', { messages: `[${objectText(texts)}]` }));
    expectNoWarnings(
      await send('pushSubscribe', { url: '"https://b.example/"', headers: '{"delay":"60"}' }),
    );
  });

  test('do not include aliases', async () => {
    for (const alias of ['url', 'forward_to', 'endpoint']) {
      const body = { [alias]: 'https://alias.example/hook' };
      expectNoWarnings(await client.post(`push_subscribe/${QUEUE}`, body));
    }
  });

  test('include an alias whose value is not the one that counts', async () => {
    const [one, other] = ['https://one.example/', 'https://other.example/'];
    const ignored = 'ignored, because it is another name of url, which has another value';
    const subscribe = (body: object) => client.post(`push_subscribe/${QUEUE}`, body);
    expectNoWarnings(await subscribe({ url: one, forward_to: one }));
    expect(warningsOf(await subscribe({ url: one, forward_to: other, endpoint: other }))).toEqual([
      { path: '/forward_to', message: ignored },
      { path: '/endpoint', message: ignored },
    ]);
  });

  test('are warned about even if they have the name of an object property', async () => {
    const texts = { __proto__: '1', constructor: '1', toString: '1' };
    const names = ['__proto__', 'constructor', 'toString'];
    const body = `{${names.map((name) => `"${name}":1`)},"queue":"${QUEUE}","payload":1}`;
    expect(Object.keys(texts)).toContain('constructor');
    expect(warningsOf(await client.post('publish', body))).toEqual(
      names.map((name) => unknown(`/${name}`)),
    );
  });

  describe('are warned about in a refusal', () => {
    test('of another field', async () => {
      const answer = await client.post('publish', { queue: QUEUE, payloads: 1 });
      errorOf(answer, 'INVALID_REQUEST');
      expect(warningsOf(answer)).toEqual([unknown('/payloads', 'payload')]);
    });

    test('of a queue in the body that differs from the path', async () => {
      const answer = await client.post('purge/a', { queue: 'b', queues: 'a' });
      errorOf(answer, 'INVALID_REQUEST');
      expect(warningsOf(answer)).toEqual([unknown('/queues', 'queue')]);
    });

    test('of a queue or a message that does not exist', async () => {
      const nowhere = await client.post('publish', { queue: 'nowhere', payload: 1, delay: 1 });
      errorOf(nowhere, 'QUEUE_NOT_FOUND');
      expect(warningsOf(nowhere)).toEqual([unknown('/delay', 'delay_seconds')]);
      const none = await client.get(`message/${QUEUE}/m?full=1`);
      errorOf(none, 'MESSAGE_NOT_FOUND');
      expect(warningsOf(none)).toEqual([unknown('/full')]);
    });

    test('only after the fields were checked, not in one of the key, the media type or the JSON', async () => {
      const body = { queue: QUEUE, payload: 1, delay: 1 };
      expectNoWarnings(await client.post('publish', body, { key: 'nonsense' }));
      const headers = { 'content-type': 'text/plain' };
      expectNoWarnings(await client.post('publish', body, { headers }));
      expectNoWarnings(await client.post('publish', '{"delay":1'));
      expectNoWarnings(await client.post('publish', '[{"delay":1}]'));
    });
  });

  test('do not make a different request under an idempotency key, and are warned about in replays', async () => {
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

  describe('are warned about alike in large and small bodies', () => {
    test.each([
      ['publish', `"queue":"${QUEUE}","payload":1,"delay":1,"a/b":2,"p\\u0072io":3`],
      ['publish', `"queue":"nowhere","payload":1,"delaySeconds":1`],
      ['publish_batch', `"queue":"${QUEUE}","message":[],"messages":[{"payload":1,"delay":2}]`],
      ['publish_batch', `"queue":"${QUEUE}","messages":[{"payloads":1,"priority":"x"}]`],
      ['publish_batch', `"queue":"${QUEUE}","messages":[1,[2],{"payload":1,"x":1}],"y":1`],
      ['ack_batch', `"queue":"${QUEUE}","messages":[{"message_id":"m","id":1,"receipts":2}]`],
      ['consume', `"queue":"${QUEUE}","wait":0,"${'n'.repeat(2_000)}":1`],
      ['nack', `"queue":"${QUEUE}","message_id":"m","requeue":"no","reason":"x"`],
    ])('%s with {%s}', async (call, members) => {
      const small = await client.post(call, `{${members},"filling":"x"}`);
      const large = await client.post(call, `{${members},${FILLING}}`);
      expect(warningsOf(small).length).toBeGreaterThan(1);
      expect(warningsOf(large)).toEqual(warningsOf(small));
      expect(large.status).toBe(small.status);
      expect(large.body.error).toEqual(small.body.error);
    });

    test.each([2_000, 100_000])('with %s unknown fields', async (count) => {
      const members = Array.from({ length: count }, (_, index) => `"f${index}":1`);
      const body = `{"queue":"${QUEUE}","payload":1,${members}}`;
      const warnings = warningsOf(await client.post('publish', body));
      expect(warnings).toEqual(Array.from({ length: 10 }, (_, index) => unknown(`/f${index}`)));
    });
  });

  describe('in the query string', () => {
    test('are warned about and not read if the call has a body', async () => {
      const answer = await client.post(`purge/${QUEUE}?idempotency_key=k&colour=red`, {});
      expect(warningsOf(answer)).toEqual([
        {
          path: '/idempotency_key',
          message: 'unknown field in the query string; send it in the body',
        },
        { path: '/colour', message: 'unknown field in the query string' },
      ]);
    });

    test('do not include a queue, which must agree with the path', async () => {
      const answer = await client.get(`stats/${QUEUE}?queue=another`);
      expect(errorOf(answer, 'INVALID_REQUEST').details[0].path).toBe('/queue');
      dataOf(await client.get(`stats/${QUEUE}?queue=${QUEUE}`));
    });
  });

  describe('are refused by the calls for keys, so that no unintended key is made', () => {
    const keysOf = async () =>
      dataOf(await running.call('GET', '/v1/account/keys/list?limit=1000')).items;

    test.each([
      ['{"scope":"publish"}', '/scope', 'scopes'],
      ['{"Scopes":["publish"]}', '/Scopes', 'scopes'],
      ['{"scopes":["publish"],"expires":"2099-01-01T00:00:00.000Z"}', '/expires', 'expires_at'],
      ['{"scopes":["publish"],"projects":"x"}', '/projects', 'project'],
      ['{"colour":1}', '/colour', undefined],
    ])('by createKey with %s', async (body, path, nearest) => {
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

    test('by createKey in the query string', async () => {
      const answer = await running.call('POST', '/v1/account/keys/create?scopes=publish');
      expect(errorOf(answer, 'INVALID_REQUEST').details[0].path).toBe('/scopes');
    });

    test('by listKeys and revokeKey', async () => {
      const list = await running.call('GET', '/v1/account/keys/list?limits=1');
      expect(errorOf(list, 'INVALID_REQUEST').details).toEqual([unknown('/limits', 'limit')]);
      const made = dataOf(await running.call('POST', '/v1/account/keys/create', {}));
      const path = `/v1/account/keys/revoke/${made.key_id}`;
      errorOf(await running.call('POST', path, { reason: 'lost' }), 'INVALID_REQUEST');
      expect((await keysOf()).at(-1)).not.toHaveProperty('revoked_at');
      dataOf(await running.call('POST', path, { key_id: made.key_id }));
    });

    test('as their schemas declare', async () => {
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
