import { CAPABILITIES } from '@millrace/protocol';
import { describe, expect, test } from 'vitest';
import type { TestServer } from '../../harness/http-server.js';
import type { ManagingClient } from '../../harness/managing-client.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useManager } from '../access/use-manager.js';
import { dataOf, errorOf, replayOf } from '../answers/expect-answer.js';
import { CALL_NAMES, type CallName, entryFieldsOf, fieldsOf } from '../validation/field-cases.js';

type Fields = Record<string, unknown>;
/** Values of a field, each of which makes a different request; the first one is sent first. */
type Values = readonly unknown[];

interface KeyedCall {
  /** Makes what the call works on, and returns the values of the fields that name it. */
  readonly prepare?: (
    client: ManagingClient,
    queue: string,
    call: TestServer['call'],
  ) => Promise<Record<string, Values>>;
  /** The values of each field, except fields that are the same in all of its requests. */
  readonly fields: Record<string, Values>;
  /** The same for the entries of a batch. */
  readonly entries?: Record<string, Values>;
  /** Fields that the call requires. */
  readonly base?: Fields;
}

const RECEIPTS = ['a receipt', 'another'];
const IDS = ['a message', 'another'];
const HEADERS = [{ a: 'one' }, { a: 'two' }, { b: 'one' }, { a: 'one', b: 'two' }, {}];
const QUEUES = ['first-dead-letters', 'second-dead-letters'];
const RECEIVERS = ['https://receiver.example/one', 'https://receiver.example/two'];

const SETTINGS = {
  type: ['standard', 'fifo'],
  dead_letter_queue: QUEUES,
  max_retries: [5, 6, 0],
  max_expired_leases: [5, 6, 0],
  message_retention_days: [5, 6],
  visibility_timeout_default: [5, 6],
  enable_priority: [true, false],
};
const MESSAGE = {
  payload: [{ a: 1 }, { a: 2 }, null, '', [{ a: 1 }]],
  delay_seconds: [5, 6, 0],
  priority: [5, 6, 0],
  message_group_id: ['a group', 'another'],
  deduplication_id: ['an id', 'another'],
  headers: HEADERS,
};
const NACK = {
  message_id: IDS,
  requeue: [true, false],
  delay_seconds: [5, 6, 0],
  error: ['an error', 'another', ''],
  receipt: RECEIPTS,
};

const subscribeTwice = async (client: ManagingClient, queue: string) => {
  const ids: string[] = [];
  for (const url of RECEIVERS) {
    ids.push(dataOf(await client.post(`push_subscribe/${queue}`, { url })).subscription_id);
  }
  return { subscription_id: ids };
};

const CALLS: Partial<Record<CallName, KeyedCall>> = {
  create: { fields: { name: ['made-once', 'made-twice'], ...SETTINGS } },
  update: {
    fields: {
      ...SETTINGS,
      dead_letter_queue: [...QUEUES, null],
      max_expired_leases: [5, 6, 0, null],
    },
  },
  delete: { fields: {} },
  purge: { fields: {} },
  publish: { fields: MESSAGE, base: { payload: 1 } },
  publishBatch: { fields: {}, entries: MESSAGE, base: { payload: 1 } },
  consume: {
    prepare: async (client, queue) => {
      await client.publishAll(queue, [1, 2]);
      return {};
    },
    fields: { max_messages: [1, 2], visibility_timeout: [50, 60], wait_seconds: [1, 2, 0] },
  },
  ack: { fields: { message_id: IDS, receipt: RECEIPTS }, base: { message_id: 'm' } },
  ackBatch: {
    fields: {},
    entries: { message_id: IDS, receipt: RECEIPTS },
    base: { message_id: 'm' },
  },
  nack: { fields: NACK, base: { message_id: 'm' } },
  nackBatch: { fields: {}, entries: NACK, base: { message_id: 'm' } },
  extend: {
    fields: { message_id: IDS, visibility_timeout: [5, 6, 0], receipt: RECEIPTS },
    base: { message_id: 'm', visibility_timeout: 7 },
  },
  dlqRedrive: {
    fields: { message_id: IDS, since: ['2026-01-01T00:00:00.000Z', 1, 2], max_messages: [1, 2] },
  },
  dlqPurge: { fields: { message_id: IDS } },
  pushSubscribe: {
    fields: {
      url: RECEIVERS,
      secret: ['a secret of some length', 'another one of some length', null],
      max_retries: [5, 6, 0, null],
      visibility_timeout: [5, 6, null],
      dead_letter_queue: [...QUEUES, null],
      format: ['payload', 'message', null],
      max_in_flight: [5, 6, null],
      headers: [...HEADERS, null],
      allowed_message_headers: [['authorization'], ['cookie'], [], null],
    },
    base: { url: 'https://receiver.example/base' },
  },
  pushUnsubscribe: { prepare: subscribeTwice, fields: { subscription_id: [] } },
  pushPause: { prepare: subscribeTwice, fields: { subscription_id: [] } },
  pushResume: { prepare: subscribeTwice, fields: { subscription_id: [] } },
  createKey: {
    fields: {
      name: ['a name', 'another', ''],
      project: ['default', 'other'],
      scopes: [['read'], ['manage'], ['read', 'manage']],
      expires_at: ['2126-01-01T00:00:00.000Z', '2126-01-02T00:00:00.000Z'],
    },
  },
  revokeKey: {
    prepare: async (_client, _queue, call) => {
      const ids: string[] = [];
      for (const name of ['one', 'two']) {
        ids.push(dataOf(await call('POST', '/v1/account/keys/create', { name })).key_id);
      }
      return { key_id: ids };
    },
    fields: { key_id: [] },
  },
};

/** A key counts per queue, so in another queue it is another key. */
const NEVER_COMPARED = ['idempotency_key', 'queue'];
const keyedCalls = CALL_NAMES.filter((call) =>
  fieldsOf(call).some(({ name }) => name === 'idempotency_key'),
);

const hasQueue = (call: CallName) => fieldsOf(call).some(({ name }) => name === 'queue');

interface FieldCase {
  readonly call: CallName;
  readonly field: string;
  readonly keyed: KeyedCall;
  readonly inEntry: boolean;
}
const cases: FieldCase[] = Object.entries(CALLS).flatMap(([name, keyed]) => {
  const call = name as CallName;
  const of = (fields: object, inEntry: boolean) =>
    Object.keys(fields).map((field) => ({ call, field, keyed, inEntry }));
  return [...of(keyed.fields, false), ...of(keyed.entries ?? {}, true)];
});

test.each(keyedCalls)(
  'the table contains every field of %s that can make a different request',
  (call) => {
    const { fields = {}, entries = {} } = CALLS[call] ?? {};
    const compared = fieldsOf(call).filter(({ name }) => !NEVER_COMPARED.includes(name));
    const isBatch = compared.some(({ name }) => name === 'messages');
    const names = compared.map(({ name }) => name).filter((name) => name !== 'messages');
    expect(Object.keys(fields).sort()).toEqual(names.sort());
    const ofEntries = isBatch ? entryFieldsOf(call).map(({ name }) => name) : [];
    expect(Object.keys(entries).sort()).toEqual(ofEntries.sort());
  },
);

describe.each(STORE_FACTORIES)(
  'the fields compared under an idempotency key on $name',
  (factory) => {
    const { running, client } = useManager(factory);
    let keysMade = 0;

    const send = (call: CallName, fields: Fields) => {
      const { method, path } = CAPABILITIES[call];
      const body = { ...fields };
      const filled = path.replace(/\{(\w+)\}/g, (_all, name: string) => {
        const value = body[name];
        delete body[name];
        return String(value);
      });
      return running.call(method, filled, body);
    };

    test.each(cases)(
      '$call is a different request with another $field',
      async ({ call, field, keyed, inEntry }) => {
        keysMade += 1;
        const queue = await client.newQueue();
        for (const name of QUEUES) await client.post('create', { name });
        const made = (await keyed.prepare?.(client, queue, running.call)) ?? {};
        const [one, ...others] =
          made[field] ?? (inEntry ? keyed.entries : keyed.fields)?.[field] ?? [];
        const base: Fields = {
          ...(call === 'create' ? { name: `queue-of-${keysMade}` } : {}),
          ...keyed.base,
        };
        const isRequired =
          field in base || fieldsOf(call).some((f) => f.name === field && f.required);
        const { [field]: _left, ...without } = base;
        const request = (fields: Fields): Fields => ({
          ...(hasQueue(call) ? { queue } : {}),
          idempotency_key: `k${keysMade}`,
          ...(inEntry || keyed.entries ? { messages: [{ ...base }, fields] } : fields),
        });
        const first = dataOf(await send(call, request({ ...without, [field]: one })));
        expect(replayOf(await send(call, request({ [field]: one, ...without })))).toEqual(first);
        expect(others.length).toBeGreaterThan(0);
        for (const other of others) {
          const again = await send(call, request({ ...without, [field]: other }));
          errorOf(again, 'IDEMPOTENCY_KEY_REUSED', JSON.stringify(other));
        }
        if (!isRequired)
          errorOf(await send(call, request(without)), 'IDEMPOTENCY_KEY_REUSED', 'absent');
      },
    );

    test.each(cases.filter(({ inEntry }) => inEntry))(
      '$call is a different request with $field in another entry',
      async ({ call, field, keyed }) => {
        const queue = await client.newQueue();
        const value = keyed.entries?.[field]?.[0];
        const [plain, other] = [{ ...keyed.base }, { ...keyed.base, [field]: value }];
        const request = (messages: Fields[]) => ({ queue, idempotency_key: 'k', messages });
        dataOf(await send(call, request([plain, other])));
        for (const messages of [[other, plain], [plain, other, other], [other], [plain, plain]]) {
          errorOf(await send(call, request(messages)), 'IDEMPOTENCY_KEY_REUSED');
        }
      },
    );
  },
);
