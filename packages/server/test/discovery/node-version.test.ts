import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const read = (path: string): Promise<string> =>
  readFile(new URL(`../../../../${path}`, import.meta.url), 'utf8');

/** The supported versions of Node.js as the documents word them. */
const RANGE = '20.19 or newer; 24 recommended';

test.each(['package.json', 'packages/protocol/package.json', 'packages/server/package.json'])(
  '%s requires the oldest version of Node.js that the documents name',
  async (path) => {
    expect(JSON.parse(await read(path)).engines).toEqual({ node: '>=20.19' });
  },
);

test.each(['README.md', 'CONTRIBUTING.md', 'docs/operations.md'])(
  '%s names the supported versions of Node.js',
  async (path) => {
    expect((await read(path)).replace(/\s+/g, ' ')).toContain(RANGE);
  },
);
