import { expect, test } from 'vitest';
import { typedRule } from './option-names.js';

test.each([
  [
    'delay_seconds',
    'must be <= 604800',
    'publish q 1 --delay 8d',
    '--delay must be <= 604800 seconds',
  ],
  ['visibility_timeout', 'must be number', 'extend q m x', 'the duration must be number'],
  [
    'scopes/0',
    'must be one of read, publish',
    'keys create --scope foo',
    '--scope must be one of read, publish',
  ],
  [
    'url',
    'must be an absolute url',
    'push subscribe q foo',
    'the receiver must be an absolute url',
  ],
  [
    'max_retries',
    'must be <= 1000',
    'queue create q --max-retries=2000',
    '--max-retries must be <= 1000',
  ],
  ['name', 'must be string', 'queue create q', 'name must be string'],
  ['messages/3', 'must be object', 'publish q --lines', 'messages/3 must be object'],
  ['headers/a', 'must be string', 'publish q 1 --header a=1', 'headers/a must be string'],
])('%s: %s after %s', (field, rule, line, said) => {
  expect(typedRule(`${field} ${rule}`, field, line.split(' '))).toBe(said);
});
