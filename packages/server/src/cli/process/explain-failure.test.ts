import { expect, it } from 'vitest';
import { explainFailure } from './explain-failure.js';

const failure = (code: string, syscall: string, port?: number): Error =>
  Object.assign(new Error(`${syscall} ${code}`), { code, syscall, port });

it.each([
  [failure('EADDRINUSE', 'listen', 80), 'choose another --port'],
  [failure('EACCES', 'listen', 80), 'choose a --port of 1024 or more and put a proxy in front'],
  [failure('EACCES', 'listen', 8_080), 'the system reserves this port for something else'],
  [failure('EADDRNOTAVAIL', 'listen', 80), '--host must be an address of this machine'],
  [failure('ENOTFOUND', 'getaddrinfo'), '--host must be an address of this machine'],
])('the failure "%s" is explained with: %s', (error, advice) => {
  expect(explainFailure(error)).toMatch(new RegExp(`^${error.message}; .*${advice}`));
});

it('a failure to open a file gets no advice about ports', () => {
  const error = failure('EACCES', 'open');
  expect(explainFailure(error)).toBe(error.message);
});
