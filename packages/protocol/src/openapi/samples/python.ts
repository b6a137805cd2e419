import type { CapabilityName } from '../../capabilities.js';
import { type ClientMethod, divided } from './client-method.js';
import { type Argument, type LiteralStyle, writtenCall } from './literal.js';
import type { ExampleCall, Fields } from './sample.js';

const METHODS: { readonly [Name in CapabilityName]: ClientMethod } = {
  create: { path: 'queue.create' },
  get: { path: 'queue.get' },
  list: { path: 'client.list', isList: true },
  stats: { path: 'queue.stats' },
  update: { path: 'queue.update' },
  delete: { path: 'queue.delete' },
  purge: { path: 'queue.purge' },
  publish: { path: 'queue.publish', positional: ['payload'] },
  publishBatch: { path: 'queue.publish_batch', positional: ['messages'] },
  consume: { path: 'queue.consume' },
  ack: { path: 'queue.ack', positional: ['delivery'] },
  nack: { path: 'queue.nack', positional: ['delivery'] },
  extend: { path: 'queue.extend', positional: ['delivery'] },
  ackBatch: { path: 'queue.ack_batch', positional: ['messages'] },
  nackBatch: { path: 'queue.nack_batch', positional: ['messages'] },
  peek: { path: 'queue.peek', isList: true },
  message: { path: 'queue.message', positional: ['message_id'] },
  history: { path: 'queue.history' },
  dlqList: { path: 'queue.dlq_list', isList: true },
  dlqRedrive: { path: 'queue.dlq_redrive' },
  dlqPurge: { path: 'queue.dlq_purge' },
  pushSubscribe: { path: 'queue.push_subscribe', positional: ['url'] },
  pushSubscriptions: { path: 'queue.push_subscriptions', isList: true },
  pushUnsubscribe: { path: 'queue.push_unsubscribe', positional: ['subscription_id'] },
  pushPause: { path: 'queue.push_pause', positional: ['subscription_id'] },
  pushResume: { path: 'queue.push_resume', positional: ['subscription_id'] },
  pushTest: { path: 'queue.push_test', positional: ['subscription_id'] },
  pushDeliveries: { path: 'queue.push_deliveries', positional: ['subscription_id'], isList: true },
  createKey: { path: 'client.create_key' },
  listKeys: { path: 'client.list_keys', isList: true },
  revokeKey: { path: 'client.revoke_key', positional: ['key_id'] },
  whoami: { path: 'client.whoami' },
  audit: { path: 'client.audit', isList: true },
};

const STYLE: LiteralStyle = {
  key: (name) => JSON.stringify(name),
  string: (text) => JSON.stringify(text),
  words: { true: 'True', false: 'False', null: 'None' },
  indent: '    ',
  padding: '',
};

/** The call by the Python client, which reads MILLRACE_URL and MILLRACE_API_KEY. */
export function pythonSample({ name, queue, fields }: ExampleCall): string {
  const method: ClientMethod = METHODS[name];
  const call = writtenCall(method.path, argumentsOf(fields, method), STYLE);
  const lines = [
    'from millrace import Millrace',
    '',
    queue === '' ? 'client = Millrace()' : `queue = Millrace().queue(${STYLE.string(queue)})`,
    ...(method.isList
      ? [`for item in ${call}:`, '    print(item)']
      : [`answer = ${call}`, 'print(answer)']),
  ];
  return lines.join('\n');
}

function argumentsOf(fields: Fields, method: ClientMethod): Argument[] {
  const { first, named } = divided(fields, method);
  return [
    ...first.map(([, value]) => ({ name: '', value })),
    // A list asks for its pages by itself, so the limit is only their size.
    ...Object.entries(named).map(([field, value]) => ({
      name: `${field === 'limit' ? 'page_size' : field}=`,
      value,
    })),
  ];
}
