import { CAPABILITIES } from '@millrace/protocol';
import { CALL_NAMES, type CallName, type Field, fieldsOf, forbiddenTexts } from './field-cases.js';

export const QUEUE = 'valid-queue';

/**
 * A valid request for each call that changes no message, as JSON texts by field. Names that end in
 * `.example` do not resolve, and the queue with the push subscription stays empty.
 */
export const VALID: Record<CallName, Record<string, string>> = {
  create: { name: `"${QUEUE}"` },
  get: { queue: QUEUE },
  list: {},
  stats: { queue: QUEUE },
  update: { queue: QUEUE },
  delete: { queue: 'never-made' },
  purge: { queue: QUEUE },
  publish: { queue: `"${QUEUE}"`, payload: '{}' },
  publishBatch: { queue: `"${QUEUE}"`, messages: '[]' },
  consume: { queue: `"${QUEUE}"` },
  ack: { queue: `"${QUEUE}"`, message_id: '"m"' },
  nack: { queue: `"${QUEUE}"`, message_id: '"m"' },
  extend: { queue: `"${QUEUE}"`, message_id: '"m"', visibility_timeout: '5' },
  ackBatch: { queue: `"${QUEUE}"`, messages: '[]' },
  nackBatch: { queue: `"${QUEUE}"`, messages: '[]' },
  peek: { queue: QUEUE },
  message: { queue: QUEUE, message_id: 'm' },
  history: { queue: QUEUE },
  dlqList: { queue: QUEUE },
  dlqRedrive: { queue: QUEUE },
  dlqPurge: { queue: QUEUE },
  pushSubscribe: { queue: QUEUE, url: '"https://receiver.example/hook"' },
  pushSubscriptions: { queue: QUEUE },
  pushUnsubscribe: { queue: QUEUE, subscription_id: 'no-such-subscription' },
  pushPause: { queue: QUEUE, subscription_id: 'no-such-subscription' },
  pushResume: { queue: QUEUE, subscription_id: 'no-such-subscription' },
  pushTest: { queue: QUEUE, subscription_id: 'no-such-subscription' },
  pushDeliveries: { queue: QUEUE, subscription_id: 'no-such-subscription' },
  createKey: {},
  listKeys: {},
  revokeKey: { key_id: 'no-such-key' },
  audit: {},
  whoami: {},
};

/** The status of each request above; most succeed, and some name something that does not exist. */
export const STATUS_OF_VALID: Partial<Record<CallName, number>> = {
  revokeKey: 404,
  pushPause: 404,
  pushResume: 404,
  pushTest: 404,
  pushDeliveries: 404,
};
export const statusOfValid = (call: CallName): number => STATUS_OF_VALID[call] ?? 200;

/** A valid entry for each call that takes a batch. */
export const VALID_ENTRY = {
  publishBatch: { payload: '{}' },
  ackBatch: { message_id: '"m"' },
  nackBatch: { message_id: '"m"' },
} as const satisfies Partial<Record<CallName, Record<string, string>>>;
export type BatchCall = keyof typeof VALID_ENTRY;
export const BATCH_CALLS = Object.keys(VALID_ENTRY) as BatchCall[];

export const methodOf = (call: CallName) => CAPABILITIES[call].method;
export const hasBody = (call: CallName) => methodOf(call) !== 'GET';
export const inPath = (call: CallName, field: string) =>
  CAPABILITIES[call].path.includes(`{${field}}`);

/** The calls that can have a body, whatever their method. */
export const BODY_CALLS = CALL_NAMES.filter(hasBody);
export const SUBSCRIPTION_IN_PATH = CALL_NAMES.filter((call) => inPath(call, 'subscription_id'));
export const QUEUE_IN_PATH = CALL_NAMES.filter((call) => inPath(call, 'queue'));

export const inBody = (call: CallName) =>
  fieldsOf(call).filter(({ name }) => hasBody(call) && !inPath(call, name));
const inQuery = (call: CallName) =>
  fieldsOf(call).filter(({ name }) => !hasBody(call) && !inPath(call, name));

type Case = [call: CallName, name: string, field: Field];
export const bodyCases = BODY_CALLS.flatMap((call) =>
  inBody(call)
    .filter((field) => forbiddenTexts(field).length > 0)
    .map((field): Case => [call, field.name, field]),
);
export const queryCases = CALL_NAMES.flatMap((call) =>
  inQuery(call).map((field): Case => [call, field.name, field]),
);
export const requiredCases = BODY_CALLS.flatMap((call) =>
  inBody(call)
    .filter(({ required }) => required)
    .map(({ name }): [CallName, string] => [call, name]),
);

/** The path of a call, with valid parameters except the given one. */
export const pathOf = (call: CallName, field?: string, value?: string) =>
  CAPABILITIES[call].path.replace(/\{(\w+)\}/g, (_all, name: string) =>
    name === field ? (value ?? '') : (VALID[call][name] ?? ''),
  );

/** A JSON object made of JSON texts by name. */
export const objectText = (texts: Record<string, string>): string =>
  `{${Object.entries(texts)
    .map(([name, text]) => `${JSON.stringify(name)}:${text}`)
    .join(',')}}`;

/** The body of a call made of the texts of its fields, except fields in the path. */
export const bodyText = (call: CallName, texts: Record<string, string>): string =>
  objectText(Object.fromEntries(Object.entries(texts).filter(([name]) => !inPath(call, name))));
