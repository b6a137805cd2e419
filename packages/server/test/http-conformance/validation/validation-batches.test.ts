import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '../../harness/http-server.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf, errorOf, expectRefusedField } from '../answers/expect-answer.js';
import { useServer } from '../use-server.js';
import { entryFieldsOf, type Field, forbiddenTexts } from './field-cases.js';
import {
  BATCH_CALLS,
  type BatchCall,
  objectText,
  pathOf,
  QUEUE,
  VALID_ENTRY,
} from './valid-calls.js';

const ENTRY_CASES = BATCH_CALLS.flatMap((call) =>
  entryFieldsOf(call)
    .filter((field) => forbiddenTexts(field).length > 0)
    .map((field): [BatchCall, string, Field] => [call, field.name, field]),
);
const REQUIRED_CASES = BATCH_CALLS.flatMap((call) =>
  entryFieldsOf(call)
    .filter(({ required }) => required)
    .map(({ name }): [BatchCall, string] => [call, name]),
);

test('the test cases cover every field of a batch entry', () => {
  expect(ENTRY_CASES.map(([call, name]) => `${call}.${name}`).sort()).toEqual([
    'ackBatch.message_id',
    'ackBatch.receipt',
    'nackBatch.delay_seconds',
    'nackBatch.error',
    'nackBatch.message_id',
    'nackBatch.receipt',
    'nackBatch.requeue',
    'publishBatch.deduplication_id',
    'publishBatch.delay_seconds',
    'publishBatch.headers',
    'publishBatch.message_group_id',
    'publishBatch.priority',
  ]);
});

describe.each(STORE_FACTORIES)('validation of batches on $name', (factory) => {
  const running = useServer(factory);
  const { client } = running;
  beforeAll(async () => {
    dataOf(await client.post('create', { name: QUEUE }));
  });
  afterEach(async () => {
    expect(await client.stats(QUEUE)).toMatchObject({ available: 0, in_flight: 0, delayed: 0 });
  });
  const send = (call: BatchCall, ...entries: string[]) =>
    running.call('POST', pathOf(call), `{"queue":"${QUEUE}","messages":[${entries.join(',')}]}`);
  const entry = (call: BatchCall, more: Record<string, string> = {}) =>
    objectText({ ...VALID_ENTRY[call], ...more });
  const pathsOf = ({ body }: Json): string[] => body.error.details.map(({ path }: Json) => path);

  test.each(ENTRY_CASES)(
    '%s names a wrong %s with the index of its entry',
    async (call, name, field) => {
      for (const text of forbiddenTexts(field)) {
        const answer = await send(call, entry(call), entry(call, { [name]: text }));
        expectRefusedField(answer, `messages/1/${name}`, text.slice(0, 60));
        expect(pathsOf(answer).filter((path) => path.startsWith('/messages/0'))).toEqual([]);
      }
    },
  );

  test.each(REQUIRED_CASES)(
    '%s names a missing %s with the index of its entry',
    async (call, name) => {
      const { [name]: _left, ...others } = VALID_ENTRY[call] as Record<string, string>;
      const answer = await send(call, entry(call), entry(call), objectText(others));
      expectRefusedField(answer, `messages/2/${name}`);
    },
  );

  describe.each(BATCH_CALLS)('%s', (call) => {
    test('names an entry that is not an object with its index', async () => {
      for (const text of ['null', '5', '"x"', 'true', '[]']) {
        expectRefusedField(await send(call, entry(call), text), 'messages/1', text);
      }
    });

    test('refuses more than 1,000 entries', async () => {
      const entries = Array.from({ length: 1_001 }, () => entry(call));
      const answer = await send(call, ...entries);
      expectRefusedField(answer, 'messages');
      expect(pathsOf(answer)).toEqual(['/messages']);
    });

    test('names several wrong entries together', async () => {
      const answer = await send(call, '1', entry(call), '2', '3');
      expect(pathsOf(answer).sort()).toEqual(['/messages/0', '/messages/2', '/messages/3']);
    });

    test('answers a thousand wrong entries with less than 64 KiB', async () => {
      const answer = await send(call, ...Array.from({ length: 1_000 }, () => '{"a":5}'));
      errorOf(answer, 'INVALID_REQUEST');
      expect(answer.text.length).toBeLessThan(64 * 1024);
    });

    test('treats null in an optional field of an entry as an absent field', async () => {
      const queue = await client.newQueue();
      const nulls = entryFieldsOf(call).filter(({ required }) => !required);
      const text = entry(call, Object.fromEntries(nulls.map(({ name }) => [name, 'null'])));
      const body = `{"queue":"${queue}","messages":[${text}]}`;
      dataOf(await running.call('POST', pathOf(call), body));
    });

    test('ignores unknown fields of an entry', async () => {
      const queue = await client.newQueue();
      const text = entry(call, { vendor: '"x"', __proto_: '{}', constructor: '1', queue: '7' });
      const body = `{"queue":"${queue}","messages":[${text}]}`;
      dataOf(await running.call('POST', pathOf(call), body));
    });
  });
});
