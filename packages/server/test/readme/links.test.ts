import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const CHECKOUT = fileURLToPath(new URL('../../../../', import.meta.url));
const DOCUMENTS = [
  'README.md',
  'PROTOCOL.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'docs/cli.md',
  'docs/operations.md',
  'docs/guides/worker.md',
  'docs/guides/retries-and-dead-letters.md',
  'docs/guides/from-bullmq.md',
  'docs/guides/from-sqs.md',
  'bench/README.md',
  'examples/README.md',
  'packages/client/README.md',
  'clients/python/README.md',
];

/** The anchors of the headings: lower case, hyphens for spaces, no other punctuation. */
const anchorsOf = (text: string): string[] =>
  [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

test.each(DOCUMENTS)('the links of %s point to files and headings that exist', async (name) => {
  const text = await readFile(join(CHECKOUT, name), 'utf8');
  const lost: string[] = [];
  for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^https?:/.test(link)) continue;
    const [path = '', anchor] = link.split('#');
    const file = path === '' ? join(CHECKOUT, name) : join(CHECKOUT, dirname(name), path);
    const isThere =
      existsSync(file) &&
      (anchor === undefined || anchorsOf(await readFile(file, 'utf8')).includes(anchor));
    if (!isThere) lost.push(link);
  }
  expect(lost).toEqual([]);
});
