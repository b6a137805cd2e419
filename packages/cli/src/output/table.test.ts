import { expect, it } from 'vitest';
import { table } from './table.js';

it('has columns two blanks apart, numbers to the right, and a dash for what is missing', async () => {
  const text = await table(
    ['NAME', 'COUNT', 'NOTE'],
    [
      ['a', 1, undefined],
      ['orders', 12_345_678, 'x'],
    ],
  );
  expect(text).toBe('NAME       COUNT  NOTE\na              1  -\norders  12345678  x');
});

it('is as wide as its characters are shown', async () => {
  const rows = [
    ['世界', 'x'],
    ['é…', 'y'],
    ['👍', 'z'],
    ['e\u0301', 'w'],
    ['abcd', 'v'],
  ];
  expect(await table(['A', 'B'], rows)).toBe(
    'A     B\n世界  x\né…    y\n👍    z\ne\u0301     w\nabcd  v',
  );
});

it('shows control characters, which would change the terminal', async () => {
  expect(await table(['A'], [['\u001b[2J']])).toBe('A\n\\u001b[2J');
});

it('takes more rows than a function takes arguments', async () => {
  const row = ['01a21d99-f2d3-7000-ab11-9db7a3e58b4c', 'available', 0, '{"n":1}'];
  const text = await table(['MESSAGE', 'STATE', 'DELIVERIES', 'PAYLOAD'], Array(300_000).fill(row));
  expect(text.split('\n')).toHaveLength(300_001);
});
