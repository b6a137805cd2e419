import { CAPABILITIES, pathsOf } from '@millrace/protocol';
import { describe, expect, it } from 'vitest';
import { ANSWER_FIELDS, type Kind } from '#cli/session/answer-fields';
import { runCli } from './harness/cli-run.js';
import { useFakeServers } from './harness/fake-server.js';

const fakeServer = useFakeServers();

/** The verbs that call a server, each in its own process. */
const VERBS = [
  'publish orders 1',
  'consume orders',
  'tail orders',
  'peek orders',
  'message orders id',
  'ack orders id',
  'nack orders id',
  'extend orders id 1m',
  'dlq list orders',
  'dlq redrive orders --yes',
  'dlq purge orders --yes',
  'queue create orders',
  'queue list',
  'queue show orders',
  'queue update orders --max-retries 1',
  'queue purge orders --yes',
  'queue delete orders --yes',
  'push subscribe orders http://127.0.0.1:9/hook',
  'push list orders',
  'push unsubscribe orders id --yes',
  'push test orders id',
  'push pause orders id',
  'push resume orders id',
  'push deliveries orders id',
  'stats orders',
  'stats',
  'stats --watch',
  'history orders',
  'history orders --span day',
  'bench',
  'keys create',
  'keys list',
  'keys revoke id --yes',
  'audit',
];

describe('an answer without what was asked for', () => {
  it.each(VERBS)('is a failure to %s', async (line) => {
    const { environment } = await fakeServer(() => ({ data: {} }));
    const { code, stdout, stderr } = await runCli(line.split(' '), { environment });
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(/^millrace: the answer .* is not one of millrace\n {2}Check that --url/);
  });

  it.each([
    ['a failure if it is a list of something else', { items: [null, 'x', {}] }],
    ['a failure if it is no list', { items: 'x' }],
  ])('is %s', async (_, data) => {
    const { environment } = await fakeServer(() => ({ data }));
    for (const line of ['queue list', 'keys list --json']) {
      const { code, stdout, stderr } = await runCli(line.split(' '), { environment });
      expect([code, stdout]).toEqual([3, '']);
      expect(stderr).toContain('not one of millrace');
    }
  });

  it('is UNKNOWN to a check, and a failure to publish', async () => {
    const { environment } = await fakeServer(() => ({ data: {} }));
    const checked = await runCli(['check', 'orders', '--max-depth', '1'], { environment });
    expect(checked).toMatchObject({ code: 3, stdout: expect.stringContaining('UNKNOWN') });
    const lines = await runCli(['publish', 'orders'], { environment, input: '1\n2\n' });
    expect([lines.code, lines.stderr]).toEqual([3, expect.stringContaining('2 unknown')]);
    const published = await runCli(['publish', 'orders', '1'], { environment });
    expect([published.code, published.stdout]).toEqual([3, '']);
    expect(published.stderr).toContain('not one of millrace');
  });
});

describe('a refusal of another program', () => {
  it.each([
    ['details that are a text', { code: 'NO', message: 'no', details: 'because' }],
    ['no code', { message: 'no' }],
    ['details of another kind', { code: 'NO', message: 'no', details: [{ field: 'x' }] }],
  ])('with %s is told as one', async (_, error) => {
    const { environment } = await fakeServer(() => ({ ok: false, error }));
    const shown = await runCli(['queue', 'show', 'orders'], { environment });
    expect([shown.code, shown.stdout]).toEqual([3, '']);
    expect(shown.stderr).toMatch(/^millrace: the answer .* is not one of millrace\n {2}Check/);
    const lines = await runCli(['publish', 'orders'], { environment, input: '1\n' });
    expect(lines.stderr).toMatch(/^millrace: line 1 .*no/);
    expect(lines.stderr).not.toContain('    at ');
  });
});

describe('the fields by which an answer is known', () => {
  const calls = Object.values(CAPABILITIES).flatMap((capability) =>
    pathsOf(capability).map((path) => [`${capability.method} ${path}`, capability] as const),
  );

  it.each(Object.entries(ANSWER_FIELDS))('of %s are in every answer to it', (call, fields) => {
    const [, capability] = calls.find(([name]) => name === call) ?? [];
    expectFields(fields, capability?.returns as Schema);
  });
});

interface Schema {
  readonly type: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

function expectFields(fields: Readonly<Record<string, Kind>>, schema: Schema): void {
  expect(schema.required).toEqual(expect.arrayContaining(Object.keys(fields)));
  for (const [name, kind] of Object.entries(fields)) {
    const field = schema.properties?.[name] as Schema;
    const type = typeof kind === 'string' ? kind : 'list';
    expect(KINDS[field.type], name).toBe(type);
    if (typeof kind !== 'string') expectFields(kind[0], field.items as Schema);
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'string',
  boolean: 'boolean',
  integer: 'number',
  number: 'number',
  array: 'list',
};
