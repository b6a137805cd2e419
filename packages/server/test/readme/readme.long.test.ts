import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { follow, installsPackages, readmeSteps } from './follow.js';
import { isShown, placeholderOf, stepsOf } from './steps.js';

const CHECKOUT = fileURLToPath(new URL('../../../../', import.meta.url));

test('the blocks of the README run from top to bottom and print what it shows', async () => {
  const steps = await readmeSteps(CHECKOUT);
  // Inside the checkout, so that `npm start` works, but in a folder that is removed afterwards.
  const folder = await mkdtemp(join(CHECKOUT, '.readme-'));
  try {
    const run = steps.filter((step) => !installsPackages(step));
    expect(run.length).toBeGreaterThan(8);
    const environment = { MILLRACE_STORE: `sqlite:${join(folder, 'data', 'millrace.db')}` };
    expect(await follow(run, { folder, environment, withinMs: 120_000 })).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 180_000);

test('the blocks of the README can be run without editing', async () => {
  for (const { command } of await readmeSteps(CHECKOUT)) {
    expect(placeholderOf(command), command).toBeUndefined();
  }
});

test.each(['KEY=ifr_…', 'git clone <this repository>', '{"receipt":"..."}'])(
  'the command %s is recognised as one to edit',
  (command) => {
    expect(placeholderOf(command)).toBeDefined();
  },
);

test('the fence that directly follows a shell block shows its output', () => {
  const document =
    '```sh\na\n```\ntext\n```\nout\n```\n```\nmore\n```\n```sh\nb\n```\n```js\nc\n```\n```\nd\n```\n';
  expect(stepsOf(document)).toEqual([
    { command: 'a\n', output: 'out\n' },
    { command: 'b\n', output: '' },
  ]);
});

test.each([
  ['{"id":"…"}\nnext', '{"id":"m.1"}next\n', true],
  ['{"id":"…"}', '{"id":"m1"}\nfailed: false', false],
  ['a.c', 'abc', false],
  ['', 'surprise', false],
  ['', '\n', true],
])('the shown output %j matches the printed output %j: %s', (shown, printed, expected) => {
  expect(isShown(shown, printed)).toBe(expected);
});
