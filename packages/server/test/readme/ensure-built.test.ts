import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** The check of a folder that `npm start` makes before it starts the server. */
const SCRIPT = fileURLToPath(new URL('../../../../scripts/ensure-built.mjs', import.meta.url));
const SERVER = 'packages/server/dist/main.js';
const PROTOCOL = 'packages/protocol/dist/index.js';
const TYPESCRIPT = 'node_modules/typescript/package.json';
const PRODUCTION = 'node_modules/fastify/package.json';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-start-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function startIn(files: Record<string, string>): Promise<{ status: number; said: string }> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status: status as number, said: stdout + stderr };
}

const workspace = (build: string): string =>
  JSON.stringify({ name: 'workspace', scripts: { build } });

test('npm start in a folder without packages says to install them', async () => {
  expect(await startIn({ [SERVER]: '', [PROTOCOL]: '' })).toEqual({
    status: 1,
    said: 'millrace: the packages are not installed; run: npm ci\n',
  });
});

test('npm start in a production install that was built elsewhere does not build', async () => {
  expect(await startIn({ [PRODUCTION]: '{}', [SERVER]: '', [PROTOCOL]: '' })).toEqual({
    status: 0,
    said: '',
  });
});

test.each([
  { built: 'nothing', files: {} },
  { built: 'the server alone', files: { [SERVER]: '' } },
])(
  'npm start in a production install with $built built says to install and build',
  async ({ files }) => {
    const { status, said } = await startIn({ [PRODUCTION]: '{}', ...files });
    expect(status).toBe(1);
    expect(said).toBe(
      'millrace: this folder is not built, and TypeScript, which builds it, is not installed; run: npm ci && npm run build\n',
    );
  },
);

test('npm start builds if TypeScript is installed, whatever is already built', async () => {
  const files = { [TYPESCRIPT]: '{}', [SERVER]: '', [PROTOCOL]: '' };
  const there = await startIn({ ...files, 'package.json': workspace('echo building') });
  expect(there).toEqual({ status: 0, said: 'building\n' });
});

test('npm start fails if the build fails', async () => {
  const files = { [TYPESCRIPT]: '{}', 'package.json': workspace('echo no such type; exit 2') };
  const { status, said } = await startIn(files);
  expect(status).toBe(1);
  expect(said).toContain('no such type\n');
  expect(said).toContain('millrace: the build failed\n');
});
