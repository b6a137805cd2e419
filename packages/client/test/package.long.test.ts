import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pack } from '../../../scripts/pack/pack.js';
import { bundled } from './harness/bundle.js';

const run = promisify(execFile);
const atClient = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const atRoot = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

test.each([
  ['the client with its worker', "export * from '@millrace/client'", 12],
  ['the client alone', "export { Millrace } from '@millrace/client'", 8],
  ['the receivers', "export * from '@millrace/client/receiver'", 4],
])('%s is small in a bundle for browsers', async (_, contents, maxKb) => {
  expect(gzipSync(await bundled(contents)).length / 1024).toBeLessThan(maxKb);
});

describe('the package', () => {
  let folder: string;
  let tarball: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-client-'));
    tarball = await pack('@millrace/client', folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('contains what is needed and nothing else', async () => {
    const { stdout } = await run('tar', ['-tzf', tarball]);
    const others = stdout
      .trim()
      .split('\n')
      .filter((path) => !/^package\/dist\/.*\.(js|d\.ts)$/.test(path));
    expect(others.sort()).toEqual(['package/LICENSE', 'package/README.md', 'package/package.json']);
    const manifest = JSON.parse(await readFile(atClient('package.json'), 'utf8'));
    expect(manifest.dependencies).toBeUndefined();
  });

  test('is clean for publint', async () => {
    const { messages } = await publint({ pkgDir: atClient(''), strict: true });
    expect(messages).toEqual([]);
  });

  test('has types that each kind of import finds', async () => {
    const attw = atRoot('node_modules/.bin/attw');
    // It fails when there is a problem. Programs of CommonJS may require an ES module since Node 20.19.
    await run(attw, [tarball, '--profile', 'esm-only', '--exclude-entrypoints', './package.json']);
  });

  test('works alone in an empty project, with strict types, and so does its README', async () => {
    const project = join(folder, 'project');
    await mkdir(join(project, 'node_modules/@millrace/client'), { recursive: true });
    const unpacked = join(project, 'node_modules/@millrace/client');
    await run('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components', '1']);
    await writeFile(join(project, 'package.json'), '{"type":"module"}');
    await writeFile(join(project, 'program.ts'), PROGRAM);
    await writeFile(join(project, 'readme.ts'), await readmeProgram());
    const flags = ['--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext'];
    const types = ['--target', 'es2022', '--typeRoots', atRoot('node_modules/@types')];
    const tsc = atRoot('node_modules/.bin/tsc');
    const files = ['--types', 'node', 'program.ts', 'readme.ts'];
    await run(tsc, [...flags, ...types, ...files], { cwd: project });
    const { stdout } = await run(process.execPath, ['program.js'], { cwd: project });
    expect(stdout.trim()).toBe('NETWORK_ERROR INVALID_SIGNATURE');
  });
});

const PROGRAM = `
import { Millrace, MillraceError, Worker } from '@millrace/client';
import { verifySignature } from '@millrace/client/receiver';
import type { RunningMillrace } from '@millrace/client/testing';

const codeOf = (error: unknown): string => (error instanceof MillraceError ? error.code : 'none');
const millrace = new Millrace({ baseUrl: 'http://127.0.0.1:1', apiKey: 'k', retries: false });
const queue = millrace.queue<{ id: number }>('orders');
const worker: Worker<{ id: number }> = new Worker(queue, ({ payload }) => payload.id, { autoStart: false });
worker.on('callFailed', ({ error }) => error.code);
export type Server = RunningMillrace;
const first: string = await queue.publish({ id: 1 }).then(() => 'none', codeOf);
const second: string = await verifySignature({}, '', 'secret').then(() => 'none', codeOf);
console.log(first, second);
`;

/** What the examples of the README take for granted. */
const README_PRELUDE = `
import type { IncomingPush, OutgoingAnswer } from '@millrace/client/receiver';

type Listener = (request: IncomingPush, response: OutgoingAnswer) => Promise<void>;
declare const app: { post(path: string, listener: Listener): void };
declare const manyOrders: Order[];
declare const secret: string;
declare function report(error: unknown): void;
declare function ship(order: unknown, options?: { signal: AbortSignal }): Promise<void>;
`;

/** The examples of the README, from top to bottom, as one program. */
async function readmeProgram(): Promise<string> {
  const text = await readFile(atClient('README.md'), 'utf8');
  const blocks = [...text.matchAll(/^ *```ts\n([\s\S]*?)^ *```$/gm)].map(([, block]) => block);
  expect(blocks.length).toBeGreaterThan(3);
  return [README_PRELUDE, ...blocks].join('\n');
}
