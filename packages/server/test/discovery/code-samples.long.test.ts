import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CAPABILITIES, type Capability, type CapabilityName, EXAMPLES } from '@millrace/protocol';
import { CALLS_IN_ORDER, openApiDocument } from '@millrace/protocol/openapi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ReceivedCall, SAMPLE_KEY, startSampleReceiver } from './sample-receiver.js';

/** Runs every code sample of the reference, and compares what it sends with its example. */

const run = promisify(execFile);
const atRoot = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));
const { paths } = openApiDocument();
const NAMES = CALLS_IN_ORDER.map(({ name }) => name);

interface Sample {
  readonly label: string;
  readonly source: string;
}

function sampleOf(name: CapabilityName, label: string): string | undefined {
  const { path, method }: Capability = CAPABILITIES[name];
  const samples = paths[path]?.[method.toLowerCase()]?.['x-codeSamples'] as Sample[];
  return samples.find((sample) => sample.label === label)?.source;
}

const namesWith = (label: string): CapabilityName[] =>
  NAMES.filter((name) => sampleOf(name, label) !== undefined);

/** The call of the first example. A query string has only texts. */
function expectedCall(name: CapabilityName): ReceivedCall {
  const { id, method }: Capability = CAPABILITIES[name];
  const fields = Object.entries(EXAMPLES[name][0]?.params as object).map(([field, value]) => [
    field,
    method === 'GET' ? String(value) : value,
  ]);
  return { id, fields: Object.fromEntries(fields) };
}

let folder: string;
let receiver: Awaited<ReturnType<typeof startSampleReceiver>>;
beforeAll(async () => {
  receiver = await startSampleReceiver();
  folder = await mkdtemp(join(tmpdir(), 'millrace-samples-'));
  await mkdir(join(folder, 'node_modules/@millrace'), { recursive: true });
  await symlink(atRoot('packages/client'), join(folder, 'node_modules/@millrace/client'));
});
afterAll(async () => {
  receiver.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Writes each sample into a file, and a program that runs them one after another. */
async function runAll(
  label: string,
  { ending, program, command }: { ending: string; program: string; command: string[] },
): Promise<void> {
  const names = namesWith(label);
  for (const name of names) {
    await writeFile(join(folder, name + ending), `${sampleOf(name, label)}\n`);
  }
  const main = join(folder, `all-samples${ending}`);
  await writeFile(main, program);
  const [file = '', ...args] = command;
  await run(file, [...args, main, ...names.map((name) => join(folder, name + ending))], {
    env: {
      ...process.env,
      PYTHONPATH: atRoot('clients/python'),
      MILLRACE_URL: receiver.url,
      MILLRACE_API_KEY: SAMPLE_KEY,
    },
  });
}

const PYTHON = 'import runpy, sys\nfor path in sys.argv[1:]:\n    runpy.run_path(path)\n';
const hasPython = await run('python3', [
  '-c',
  'import sys; sys.exit(sys.version_info < (3, 9))',
]).then(
  () => true,
  () => false,
);

const LANGUAGES = [
  {
    label: 'curl',
    ending: '.sh',
    program: 'set -e\nfor path; do . "$path"; done\n',
    command: ['bash'],
  },
  {
    label: 'TypeScript',
    ending: '.mjs',
    program: 'for (const path of process.argv.slice(2)) await import(path);\n',
    command: [process.execPath],
  },
  { label: 'Python', ending: '.py', program: PYTHON, command: ['python3'], isThere: hasPython },
];

describe.each(LANGUAGES)('the code samples in $label', ({ label, isThere = true, ...language }) => {
  test('exist for every call', () => {
    expect(namesWith(label)).toEqual(NAMES);
  });

  test.skipIf(!isThere)('send the calls of the examples, one after another', async () => {
    await runAll(label, language);
    // Clients add idempotency keys and defaults of their own.
    const made = receiver.taken();
    expect(made).toMatchObject(NAMES.map(expectedCall));
  });
});

describe('the code samples of the program', () => {
  test('exist for every call that has a verb', () => {
    // Batches of entries that differ have none, nor has the question who one is.
    const without = ['publishBatch', 'ackBatch', 'nackBatch', 'whoami'];
    expect(namesWith('CLI')).toEqual(NAMES.filter((name) => !without.includes(name)));
  });

  test('make the calls of the examples, among those that show more', async () => {
    const program = `'${process.execPath}' '${atRoot('packages/cli/bin/millrace.js')}'`;
    await runAll('CLI', {
      ending: '.sh',
      program: `set -e\nmillrace() { ${program} "$@"; }\nfor path; do . "$path"; done\n`,
      command: ['bash'],
    });
    const made = receiver.taken();
    for (const name of namesWith('CLI')) {
      const { id, fields } = expectedCall(name);
      // It reads lists to their end, in pages of its own size, with what it shows of each entry.
      const { limit, include, ...others } = fields;
      expect(made).toContainEqual({ id, fields: expect.objectContaining(others) });
    }
  });
});

test('the code samples in TypeScript have the types of the client', async () => {
  for (const name of NAMES) {
    await writeFile(join(folder, `${name}.ts`), `${sampleOf(name, 'TypeScript')}\n`);
  }
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  const options = '--noEmit --strict --skipLibCheck --target es2022 --module nodenext'.split(' ');
  const types = ['--types', 'node', '--typeRoots', atRoot('node_modules/@types')];
  const files = NAMES.map((name) => join(folder, `${name}.ts`));
  const tsc = atRoot('node_modules/typescript/bin/tsc');
  const { stdout } = await run(process.execPath, [tsc, ...options, ...types, ...files]).catch(
    (error) => error,
  );
  expect(stdout).toBe('');
});
