import { expect, it } from 'vitest';
import { withoutHelpVerb } from './help-verb.js';
import { makeProgram } from './program.js';

const lineOf = (line: string): string => withoutHelpVerb(makeProgram(), line.split(' ')).join(' ');

it.each([
  ['help publish', 'publish --help'],
  ['help queue', 'queue --help'],
  ['help queue create', 'queue create --help'],
  ['queue help create', 'queue create --help'],
  ['queue help', 'queue --help'],
  ['help publish orders', 'publish orders --help'],
  ['help queue --json', 'queue --json --help'],
])('%s is the same as %s', (line, same) => {
  expect(lineOf(line)).toBe(same);
});

it.each([
  ['help wrong', 'wrong'],
  ['help queue lst', 'queue lst'],
  ['queue help lst', 'queue lst'],
])('%s is refused like %s', (line, same) => {
  expect(lineOf(line)).toBe(same);
});

it.each(['help', 'publish help', 'publish orders help', 'queue create help', 'wrong help'])(
  '%s stays as it is',
  (line) => {
    expect(lineOf(line)).toBe(line);
  },
);
