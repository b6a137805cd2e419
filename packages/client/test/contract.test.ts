import { readFileSync } from 'node:fs';
import { Millrace } from '@millrace/client';
import { CAPABILITIES, type Capability } from '@millrace/protocol';
import { expect, test } from 'vitest';
import { generatedFiles } from '../scripts/generated-files.js';

test('the generated files are what the schemas of the protocol say; else run `npm run generate`', () => {
  for (const { path, text } of generatedFiles()) expect(readFileSync(path, 'utf8')).toBe(text);
});

const millrace = new Millrace({ baseUrl: 'http://127.0.0.1:1', apiKey: 'k' });

/** The ids of calls with the objects that their methods belong to. */
const PLACES: Record<string, object> = {
  queue: millrace.queue('q'),
  'queue.dlq': millrace.queue('q').dlq,
  account: millrace.account,
  'account.keys': millrace.account.keys,
};

function placeOf(id: string): { owner: object; verb: string } {
  // A list of queues is not a call of one queue.
  if (id === 'queue.list') return { owner: millrace.queues, verb: 'list' };
  const dot = id.lastIndexOf('.');
  const verb = id.slice(dot + 1).replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return { owner: PLACES[id.slice(0, dot)] ?? {}, verb };
}

const capabilities: Capability[] = Object.values(CAPABILITIES);

test.each(capabilities)('$id has a method of its own', ({ id }) => {
  const { owner, verb } = placeOf(id);
  expect((owner as Record<string, unknown>)[verb]).toBeTypeOf('function');
});

test('methods that make calls are no more than the calls of the contract', () => {
  const known = new Set(capabilities.map(({ id }) => placeOf(id)).map(({ verb }) => verb));
  const methods = [...Object.values(PLACES), millrace.queues].flatMap(methodsOf);
  // It gathers messages for calls of publish_batch.
  expect(methods.filter((name) => !known.has(name))).toEqual(['publisher']);
});

function methodsOf(owner: object): string[] {
  const names: string[] = [];
  for (let at = owner; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    names.push(...Object.getOwnPropertyNames(at));
  }
  return names.filter(
    (name) => name !== 'constructor' && typeof (owner as never)[name] === 'function',
  );
}
