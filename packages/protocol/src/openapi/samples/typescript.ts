import type { CapabilityName } from '../../capabilities.js';
import { type ClientMethod, divided } from './client-method.js';
import { type Argument, type LiteralStyle, writtenCall } from './literal.js';
import type { ExampleCall, Fields } from './sample.js';

const METHODS: { readonly [Name in CapabilityName]: ClientMethod } = {
  create: { path: 'queue.create' },
  get: { path: 'queue.get' },
  list: { path: 'millrace.queues.list', isList: true },
  stats: { path: 'queue.stats' },
  update: { path: 'queue.update' },
  delete: { path: 'queue.delete' },
  purge: { path: 'queue.purge' },
  publish: { path: 'queue.publish', positional: ['payload'] },
  publishBatch: { path: 'queue.publishBatch', positional: ['messages'] },
  consume: { path: 'queue.consume' },
  ack: { path: 'queue.ack', positional: ['delivery'] },
  nack: { path: 'queue.nack', positional: ['delivery'] },
  extend: { path: 'queue.extend', positional: ['delivery', 'visibility_timeout'] },
  ackBatch: { path: 'queue.ackBatch', positional: ['messages'] },
  nackBatch: { path: 'queue.nackBatch', positional: ['messages'] },
  peek: { path: 'queue.peek', isList: true },
  message: { path: 'queue.message', positional: ['message_id'] },
  history: { path: 'queue.history' },
  dlqList: { path: 'queue.dlq.list', isList: true },
  dlqRedrive: { path: 'queue.dlq.redrive' },
  dlqPurge: { path: 'queue.dlq.purge' },
  pushSubscribe: { path: 'queue.pushSubscribe', positional: ['url'] },
  pushSubscriptions: { path: 'queue.pushSubscriptions', isList: true },
  pushUnsubscribe: { path: 'queue.pushUnsubscribe', positional: ['subscription_id'] },
  pushPause: { path: 'queue.pushPause', positional: ['subscription_id'] },
  pushResume: { path: 'queue.pushResume', positional: ['subscription_id'] },
  pushTest: { path: 'queue.pushTest', positional: ['subscription_id'] },
  pushDeliveries: { path: 'queue.pushDeliveries', positional: ['subscription_id'], isList: true },
  createKey: { path: 'millrace.account.keys.create' },
  listKeys: { path: 'millrace.account.keys.list', isList: true },
  revokeKey: { path: 'millrace.account.keys.revoke', positional: ['key_id'] },
  whoami: { path: 'millrace.account.whoami' },
  audit: { path: 'millrace.account.audit', isList: true },
};

const STYLE: LiteralStyle = {
  key: (name) => (/^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`),
  string: (text) =>
    `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`,
  words: { true: 'true', false: 'false', null: 'null' },
  indent: '  ',
  padding: ' ',
};

/** The call by the TypeScript client, which reads MILLRACE_URL and MILLRACE_API_KEY. */
export function typescriptSample({ name, queue, fields }: ExampleCall): string {
  const method: ClientMethod = METHODS[name];
  const call = (head: string): string =>
    writtenCall(head + method.path, argumentsOf(fields, method), STYLE);
  const lines = [
    "import { Millrace } from '@millrace/client';",
    '',
    queue === ''
      ? 'const millrace = new Millrace();'
      : `const queue = new Millrace().queue(${STYLE.string(queue)});`,
    ...(method.isList
      ? [`const items = ${call('')};`, 'for await (const item of items) console.log(item);']
      : [`const answer = ${call('await ')};`, 'console.log(answer);']),
  ];
  return lines.join('\n');
}

/** Fields that are not passed by position form one object. */
function argumentsOf(fields: Fields, method: ClientMethod): Argument[] {
  const { first, named } = divided(fields, method);
  const values = first.map(([field, value]) => (field === 'payload' ? value : inCamelCase(value)));
  const all = Object.keys(named).length === 0 ? values : [...values, inCamelCase(named)];
  return all.map((value) => ({ name: '', value }));
}

/** The names of fields as the client has them. Those in payloads and headers belong to the user. */
function inCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inCamelCase);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, field]) => [
    name.replace(/_([a-z])/g, (_whole, letter: string) => letter.toUpperCase()),
    name === 'payload' || name === 'headers' ? field : inCamelCase(field),
  ]);
  return Object.fromEntries(fields);
}
