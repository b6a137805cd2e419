import { expect, it } from 'vitest';
import { nearestName } from './nearest-name.js';

const KNOWN = ['serve', 'restore', 'backup', 'help', 'version'];

it.each([
  ['serve', 'serve'],
  ['SERVE', 'serve'],
  ['sevre', 'serve'],
  ['serv', 'serve'],
  ['servers', 'serve'],
  ['restor', 'restore'],
  ['bakcup', 'backup'],
  ['bcakpu', 'backup'],
  ['halp', 'help'],
])('the name %s is near to %s', (name, nearest) => {
  expect(nearestName(name, KNOWN)).toBe(nearest);
});

it.each(['', 'publish', 'kcabup', 'servants', 'x'.repeat(10_000)])(
  'the name %j is near to none',
  (name) => {
    expect(nearestName(name, KNOWN)).toBeUndefined();
  },
);
