import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const read = (path: string): Promise<string> =>
  readFile(new URL(`../../../../${path}`, import.meta.url), 'utf8');

/** Which versions of Node.js there are to use, in the words of the documents. */
const RANGE = '20.19 or newer; 24 recommended';

test.each(['package.json', 'packages/protocol/package.json', 'packages/server/package.json'])(
  '%s has the floor of Node.js that the documents name',
  async (path) => {
    expect(JSON.parse(await read(path)).engines).toEqual({ node: '>=20.19' });
  },
);

test.each(['README.md', 'CONTRIBUTING.md', 'docs/operations.md'])(
  '%s names the versions of Node.js as the others do',
  async (path) => {
    expect((await read(path)).replace(/\s+/g, ' ')).toContain(RANGE);
  },
);
