import { gzipSync } from 'node:zlib';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN_KEY, type HttpAnswer } from '../../harness/http-server.js';
import { exchange, requestHead } from '../../harness/raw-http.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import {
  dataOf,
  errorOf,
  expectFailureEnvelope,
  expectRefusedField,
} from '../answers/expect-answer.js';
import { useServer } from '../use-server.js';
import {
  type CallName,
  forbiddenNumbers,
  forbiddenStrings,
  forbiddenTexts,
  ODD_NAMES,
} from './field-cases.js';
import {
  BODY_CALLS,
  bodyCases,
  bodyText,
  inBody,
  inPath,
  methodOf,
  objectText,
  pathOf,
  QUEUE,
  QUEUE_IN_PATH,
  queryCases,
  requiredCases,
  SUBSCRIPTION_IN_PATH,
  statusOfValid,
  VALID,
} from './valid-calls.js';

describe.each(STORE_FACTORIES)('validation on $name', (factory) => {
  const running = useServer(factory);
  const { client } = running;
  const shown = (text: string) => text.slice(0, 60);

  beforeAll(async () => {
    dataOf(await client.post('create', { name: QUEUE }));
  });
  afterEach(async () => {
    // The process is still running, and no refused call had an effect.
    expect((await running.call('GET', '/healthz')).status).toBe(200);
    expect(await client.stats(QUEUE)).toMatchObject({ available: 0, in_flight: 0, delayed: 0 });
  });

  const send = (call: CallName, texts: Record<string, string>): Promise<HttpAnswer> =>
    running.call(methodOf(call), pathOf(call), bodyText(call, texts));
  const expectClientFault = (answer: HttpAnswer, why: string) => {
    expect(answer.status, `${why} ${answer.text.slice(0, 300)}`).toBeGreaterThanOrEqual(400);
    expect(answer.status, `${why} ${answer.text.slice(0, 300)}`).toBeLessThan(500);
    expectFailureEnvelope(answer);
  };

  describe('a body field that its schema forbids is refused and named', () => {
    test.each(bodyCases)('by %s: %s', async (call, name, field) => {
      for (const text of forbiddenTexts(field)) {
        const answer = await send(call, { ...VALID[call], [name]: text });
        expectRefusedField(answer, name, `${name} = ${shown(text)}`);
      }
    });
  });

  describe('a missing required field is refused and named', () => {
    test.each(requiredCases)('by %s: %s', async (call, name) => {
      const { [name]: _left, ...others } = VALID[call];
      expectRefusedField(await send(call, others), name);
    });
  });

  describe('a query parameter that its schema forbids is refused and named', () => {
    test.each(queryCases)('by %s: %s', async (call, name, { schema }) => {
      const isNumber = schema.type === 'integer' || schema.type === 'number';
      const values = isNumber
        ? [...forbiddenNumbers(schema), '', ' ', 'abc', '5x', '0x10', 'NaN', 'true', '[]', '五']
        : forbiddenStrings(schema);
      for (const value of values) {
        const answer = await running.call(
          'GET',
          `${pathOf(call)}?${name}=${encodeURIComponent(value)}`,
        );
        expectRefusedField(answer, name, `${name} = ${shown(value)}`);
      }
      const twice = await running.call('GET', `${pathOf(call)}?${name}=1&${name}=2`);
      expectRefusedField(twice, name, `${name} twice`);
    });
  });

  test.each(QUEUE_IN_PATH)('%s refuses a name in the path that no queue can have', async (call) => {
    const names = [...ODD_NAMES.filter((name) => name !== '\ud800'), 'x'.repeat(129)];
    for (const name of names) {
      const path = pathOf(call, 'queue', encodeURIComponent(name));
      const answer = await running.call(methodOf(call), path);
      expectRefusedField(answer, 'queue', `queue = ${shown(name)}`);
    }
    for (const dots of ['.', '..', '%2e', '%2E%2e']) {
      // fetch would resolve them before it sends the request.
      const authorization = { Authorization: `Bearer ${ADMIN_KEY}` };
      const head = requestHead(methodOf(call), pathOf(call, 'queue', dots), authorization);
      const answer = await exchange(running.url, [head]);
      expect(answer, dots).toBeDefined();
      if (answer !== undefined) expectRefusedField(answer, 'queue', dots);
    }
  });

  test('revokeKey refuses an id in the path that is too long', async () => {
    const path = pathOf('revokeKey', 'key_id', 'x'.repeat(257));
    expectRefusedField(await running.call('POST', path), 'key_id');
  });

  test('message refuses an id in the path that is too long', async () => {
    const path = pathOf('message', 'message_id', 'x'.repeat(257));
    expectRefusedField(await running.call('GET', path), 'message_id');
  });

  test.each(SUBSCRIPTION_IN_PATH)('%s refuses an id in the path that is too long', async (call) => {
    const path = pathOf(call, 'subscription_id', 'x'.repeat(257));
    expectRefusedField(await running.call(methodOf(call), path), 'subscription_id');
  });

  test.each(QUEUE_IN_PATH.filter((call) => BODY_CALLS.includes(call)))(
    '%s refuses a queue in the body that differs from the path',
    async (call) => {
      const others = Object.entries(VALID[call]).filter(([name]) => !inPath(call, name));
      const sendWith = (queue: string) => {
        const body = objectText({ ...Object.fromEntries(others), queue });
        return running.call(methodOf(call), pathOf(call), body);
      };
      for (const text of ['"another"', '5', '""', '[]', `"${QUEUE} "`]) {
        const answer = await sendWith(text);
        expectRefusedField(answer, 'queue', text);
      }
      for (const text of [JSON.stringify(VALID[call].queue), 'null']) {
        const answer = await sendWith(text);
        expect(answer.status, answer.text).toBe(statusOfValid(call));
      }
    },
  );

  test.each([
    ...(['update', 'delete', 'purge', 'dlqRedrive', 'dlqPurge'] as const),
    ...(['pushUnsubscribe', 'pushPause', 'pushResume', 'pushTest'] as const),
  ])('%s needs no body, because every field is optional or in the path', async (call) => {
    const bare = await running.call(methodOf(call), pathOf(call));
    expect(bare.status, bare.text).toBe(statusOfValid(call));
    const headers = { 'content-type': 'application/json' };
    const typed = await running.call(methodOf(call), pathOf(call), undefined, { headers });
    expect(typed.status, typed.text).toBe(statusOfValid(call));
  });

  test('several wrong fields are named together', async () => {
    const body = { queue: 'a b', delay_seconds: -1, priority: 1.5 };
    const { details } = errorOf(await client.post('publish', body), 'INVALID_REQUEST');
    const paths = details.map(({ path }: { path: string }) => path).sort();
    expect(paths).toEqual(['/delay_seconds', '/payload', '/priority', '/queue']);
  });

  test.each([
    ['not a time', '"tomorrow"'],
    ['a date without a time', '"2027-01-01"'],
    ['a month that does not exist', '"2027-13-01T00:00:00.000Z"'],
    ['a day that does not exist', '"2027-02-30T00:00:00.000Z"'],
    ['an hour that does not exist', '"2027-01-01T25:00:00.000Z"'],
    ['another time zone', '"2027-01-01T00:00:00.000+02:00"'],
    ['without a time zone', '"2027-01-01T00:00:00.000"'],
    ['a negative number', '-1'],
    ['fractions of a millisecond', '1893456000000.5'],
    ['too large for a date', '1e300'],
    ['a number as text', '"1893456000000"'],
    ['infinity', '1e400'],
  ])('createKey refuses an expires_at, and redrive a since, that is %s', async (_what, text) => {
    expectRefusedField(await send('createKey', { expires_at: text }), 'expires_at');
    expectRefusedField(await send('dlqRedrive', { since: text }), 'since');
  });

  test.each([
    ['in the past', '"2020-01-01T00:00:00.000Z"'],
    ['in the past, in milliseconds', '1577836800000'],
  ])('createKey refuses an expires_at that is %s', async (_what, text) => {
    expectRefusedField(await send('createKey', { expires_at: text }), 'expires_at');
  });

  describe.each(BODY_CALLS)('the body of %s', (call) => {
    const post = (body: string | Uint8Array, headers = {}) =>
      running.call(methodOf(call), pathOf(call), body, { headers });

    test('is refused as INVALID_JSON if it is not JSON', async () => {
      const texts = [
        '{',
        '{"queue":',
        '{"a":1}}',
        '{"a":1,}',
        "{'a':1}",
        'queue=q',
        '\ufeff{}',
        '"',
      ];
      for (const text of texts) errorOf(await post(text), 'INVALID_JSON', text);
      errorOf(await post(Buffer.from([0x7b, 0xff, 0x7d])), 'INVALID_JSON', 'invalid UTF-8');
      errorOf(await post(Buffer.from('{}', 'utf16le')), 'INVALID_JSON', 'UTF-16');
      errorOf(await post('['.repeat(100_000)), 'INVALID_JSON', 'open brackets');
    });

    test('is refused if it is JSON but not an object', async () => {
      for (const text of ['[]', '"x"', '5', 'true', 'null', '[{"queue":"q"}]']) {
        errorOf(await post(text), 'INVALID_REQUEST', text);
      }
    });

    test('is refused as UNSUPPORTED_MEDIA_TYPE if it is compressed or of another type', async () => {
      const gzip = { 'content-encoding': 'gzip' };
      errorOf(await post(gzipSync('{}'), gzip), 'UNSUPPORTED_MEDIA_TYPE', 'gzip');
      for (const type of [
        'text/plain',
        'text/json',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'application/xml',
        'application/json2',
        'application/json; charset=iso-8859-1',
      ]) {
        errorOf(await post('{}', { 'content-type': type }), 'UNSUPPORTED_MEDIA_TYPE', type);
      }
    });

    test('is refused like any other if a field is nested thirty thousand deep', async () => {
      const deep = '['.repeat(30_000) + ']'.repeat(30_000);
      for (const { name, schema } of inBody(call)) {
        if (schema.type === undefined) continue;
        expectRefusedField(await send(call, { ...VALID[call], [name]: deep }), name);
      }
    });

    test('does no harm if the client disconnects in the middle of it', async () => {
      const head = requestHead(methodOf(call), pathOf(call), {
        Authorization: `Bearer ${ADMIN_KEY}`,
        'Content-Type': 'application/json',
        'Content-Length': 1_000,
      });
      const answer = await exchange(running.url, [head, '{"queue":'], { hangUpAfterSending: true });
      if (answer !== undefined) expectClientFault(answer, 'cut off');
    });
  });

  test('an optional field that is null is treated as absent in every call', async () => {
    for (const call of BODY_CALLS.filter((name) => name !== 'publish')) {
      const nulls = inBody(call)
        .filter(({ required }) => !required)
        .map(({ name }) => [name, 'null']);
      const answer = await send(call, { ...VALID[call], ...Object.fromEntries(nulls) });
      expect(answer.status, `${call} ${answer.text}`).toBe(statusOfValid(call));
    }
  });

  test('odd strings in free text fields are never answered with a server error', async () => {
    for (const odd of [
      '\ud800',
      '\u0000',
      '\uffff',
      "'; DROP TABLE messages; --",
      '%',
      '__proto__',
    ]) {
      const more = { message_id: odd, receipt: odd, idempotency_key: odd };
      const acked = await client.post('ack', { queue: QUEUE, ...more });
      expect(acked.status, acked.text).toBeLessThan(500);
      const nacked = await client.post('nack', { queue: QUEUE, error: odd, ...more });
      expect(nacked.status, nacked.text).toBeLessThan(500);
      const key = await running.call('POST', '/v1/account/keys/create', { name: odd });
      expect(key.status, key.text).toBeLessThan(500);
      const listed = await client.get(
        `list?prefix=${encodeURIComponent(Buffer.from(odd).toString())}`,
      );
      expect(listed.status, listed.text).toBeLessThan(500);
    }
  });
});
