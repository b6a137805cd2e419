import type { CapabilityName } from '../../capabilities.js';
import type { ExampleCall, Fields } from './sample.js';
import { shellCommand, shellWord } from './shell.js';

/** A verb of the program `millrace`. */
interface Verb {
  readonly words: string;
  /** The fields that it takes as arguments, after the queue. */
  readonly positional?: readonly string[];
  /** Whether it asks before it removes something; `--yes` answers. */
  readonly asks?: true;
}

/** Batches of entries that differ have no verb. */
const VERBS: { readonly [Name in CapabilityName]?: Verb } = {
  create: { words: 'queue create' },
  get: { words: 'queue show' },
  list: { words: 'queue list' },
  stats: { words: 'stats' },
  update: { words: 'queue update' },
  delete: { words: 'queue delete', asks: true },
  purge: { words: 'queue purge', asks: true },
  publish: { words: 'publish', positional: ['payload'] },
  consume: { words: 'consume' },
  ack: { words: 'ack', positional: ['message_id'] },
  nack: { words: 'nack', positional: ['message_id'] },
  extend: { words: 'extend', positional: ['message_id', 'visibility_timeout'] },
  peek: { words: 'peek' },
  message: { words: 'message', positional: ['message_id'] },
  history: { words: 'history' },
  dlqList: { words: 'dlq list' },
  dlqRedrive: { words: 'dlq redrive', asks: true },
  dlqPurge: { words: 'dlq purge', asks: true },
  pushSubscribe: { words: 'push subscribe', positional: ['url'] },
  pushSubscriptions: { words: 'push list' },
  pushUnsubscribe: { words: 'push unsubscribe', positional: ['subscription_id'], asks: true },
  pushPause: { words: 'push pause', positional: ['subscription_id'] },
  pushResume: { words: 'push resume', positional: ['subscription_id'] },
  pushTest: { words: 'push test', positional: ['subscription_id'] },
  pushDeliveries: { words: 'push deliveries', positional: ['subscription_id'] },
  createKey: { words: 'keys create' },
  listKeys: { words: 'keys list' },
  revokeKey: { words: 'keys revoke', positional: ['key_id'], asks: true },
  audit: { words: 'audit' },
};

/** Options that are not named like their field. */
const OPTIONS: Readonly<Record<string, string>> = {
  delay_seconds: 'delay',
  wait_seconds: 'wait',
  max_messages: 'max',
  message_id: 'message',
  message_group_id: 'group',
  limit: 'max',
  headers: 'header',
  scopes: 'scope',
};

/** Verbs that print all of a list, and verbs that print all there is to know, have no such option. */
const LEFT_OUT: { readonly [Name in CapabilityName]?: readonly string[] } = {
  list: ['limit', 'include'],
  listKeys: ['limit'],
};

/** Fields in seconds, which the program takes as durations. */
const SECONDS = /_seconds$|^visibility_timeout/;

/** The call by the program, which reads MILLRACE_URL and MILLRACE_API_KEY; undefined without a verb. */
export function commandLineSample({ name, queue, fields }: ExampleCall): string | undefined {
  const verb = VERBS[name];
  if (verb === undefined) return undefined;
  const { words, positional = [], asks } = verb;
  const options = Object.entries(fields).filter(
    ([field]) => !positional.includes(field) && !LEFT_OUT[name]?.includes(field),
  );
  const first = ['millrace', words, ...(queue === '' ? [] : [queue])];
  return shellCommand([
    [...first, ...positional.map((field) => argumentOf(field, fields))].join(' '),
    ...options.flatMap(([field, value]) => optionsOf(field, value)),
    ...(asks ? ['--yes'] : []),
  ]);
}

/** A payload is JSON; other values are written as they are. */
const argumentOf = (field: string, fields: Fields): string =>
  shellWord(field === 'payload' ? JSON.stringify(fields[field]) : textOf(field, fields[field]));

const textOf = (field: string, value: unknown): string =>
  SECONDS.test(field) ? `${value}s` : String(value);

function optionsOf(field: string, value: unknown): string[] {
  const option = (OPTIONS[field] ?? field).replaceAll('_', '-');
  if (value === true) return [`--${option}`];
  if (value === false || value === null) return [`--no-${option}`];
  const values =
    typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value as object).map(([name, text]) => `${name}=${text}`)
      : [value].flat();
  return values.map((one) => `--${option} ${shellWord(textOf(field, one))}`);
}
