import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startMillrace } from '@millrace/client/testing';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pack, withoutOutsideLinks } from '../../../scripts/pack/pack.js';
import { withRelativeImports } from '../../../scripts/pack/relative-imports.js';
import { withItsPackages } from '../../../scripts/pack/workspace-package.js';

const run = promisify(execFile);
const atRoot = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

// `.ci/packed-install` installs the tarball in an empty folder, which takes a minute.
describe('the package millrace', () => {
  let folder: string;
  let tarball: string;
  let unpacked: string;

  beforeAll(async () => {
    // Below the checkout, so that packages of the registry are found there.
    folder = await mkdtemp(atRoot('node_modules/.pack-'));
    tarball = await pack('millrace', folder);
    await run('tar', ['-xzf', tarball, '-C', folder]);
    unpacked = join(folder, 'package');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const filesThat = async (matches: RegExp): Promise<string[]> => {
    const { stdout } = await run('tar', ['-tzf', tarball]);
    return stdout.split('\n').filter((path) => matches.test(path));
  };

  test('contains what is needed and nothing else', async () => {
    expect(await filesThat(/\.map$|\.tsbuildinfo|(?<!\.d)\.tsx?$|\.test\.|\/test\//)).toEqual([]);
    expect(await filesThat(/^package\/[^/]+$/)).toEqual(
      expect.arrayContaining(['package/LICENSE', 'package/README.md', 'package/package.json']),
    );
    expect(await filesThat(/^package\/(?!bin|dist|server|protocol|client)[^/]+\//)).toEqual([]);
    // Only the protocol can be imported, so only it needs types.
    expect(await filesThat(/^package\/protocol\/dist\/index\.d\.ts$/)).toHaveLength(1);
    expect(await filesThat(/^package\/(?!protocol\/).*\.d\.ts$/)).toEqual([]);
  });

  test('needs no other package of ours', async () => {
    const manifest = JSON.parse(await readFile(join(unpacked, 'package.json'), 'utf8'));
    expect(Object.keys(manifest.dependencies)).toEqual(
      expect.arrayContaining(['better-sqlite3', 'commander', 'fastify', 'pg']),
    );
    expect(Object.keys(manifest.dependencies).filter((name) => /millrace/.test(name))).toEqual([]);
    expect(manifest.devDependencies).toBeUndefined();
  });

  test('runs the server and the command line', async () => {
    const program = join(unpacked, 'bin/millrace.js');
    const server = await startMillrace({ command: [process.execPath, program] });
    try {
      const environment = { MILLRACE_URL: server.url, MILLRACE_API_KEY: server.apiKey };
      const env = { ...process.env, ...environment };
      await run(process.execPath, [program, 'publish', 'orders', '{"id":1}'], { env });
      const { messages } = await server.millrace.queue('orders').consume();
      expect(messages).toMatchObject([{ payload: { id: 1 } }]);
      expect((await fetch(`${server.url}/docs`)).status).toBe(200);
    } finally {
      await server.stop();
    }
  });

  test('is clean for publint and has types that each import finds', async () => {
    const { messages } = await publint({ pkgDir: unpacked, strict: true });
    expect(messages).toEqual([]);
    const attw = atRoot('node_modules/.bin/attw');
    await run(attw, [tarball, '--profile', 'esm-only', '--exclude-entrypoints', './package.json']);
  });
});

test('imports of packages in the tarball become relative, and others stay', async () => {
  const parts = await withItsPackages('millrace');
  const placeOf = ({ room }: { room: string }) => (room === 'cli' ? '' : room);
  const relative = (text: string) =>
    withRelativeImports(text, 'server/dist/http/app.js', parts, placeOf);
  expect(relative(`import { LIMITS } from '@millrace/protocol/limits';`)).toBe(
    `import { LIMITS } from '../../../protocol/dist/limits.js';`,
  );
  expect(relative(`await import("@millrace/client")`)).toBe(
    `await import("../../../client/dist/index.js")`,
  );
  expect(relative(`import pg from 'pg';`)).toBe(`import pg from 'pg';`);
  expect(() => relative(`import '@millrace/server/nowhere'`)).toThrow('is not an entry');
  expect(() => relative(`resolve('@millrace/server')`)).toThrow('still names a package of ours');
});

test('links out of the package lose their target', () => {
  const text = '[a](../../A.md#b), [c](./d.md), [e](https://e.example) and [f](#f)';
  expect(withoutOutsideLinks(text)).toBe('a, c, [e](https://e.example) and [f](#f)');
});
