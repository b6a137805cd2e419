import { expect, it } from 'vitest';
import { SCOPES, type Scope, scopeAllows } from './scopes.js';

it('the scope metrics allows nothing but metrics, and only admin implies it', () => {
  const others = SCOPES.filter((scope) => scope !== 'metrics' && scope !== 'admin');
  for (const scope of others) {
    expect(scopeAllows(['metrics'], [scope])).toBe(false);
    expect(scopeAllows([scope], ['metrics', 'admin'])).toBe(false);
  }
  expect(scopeAllows(['metrics'], ['metrics', 'admin'])).toBe(true);
  expect(scopeAllows(['admin'], ['metrics'])).toBe(true);
  expect(scopeAllows(['metrics'], ['admin'])).toBe(false);
});

it.each<[Scope, readonly Scope[], boolean]>([
  ['manage', ['publish'], true],
  ['manage', ['read', 'consume'], true],
  ['manage', ['manage'], true],
  ['manage', ['admin'], false],
  ['read', ['manage'], false],
])('the scope %s on a call that accepts %j is allowed: %s', (granted, accepted, allowed) => {
  expect(scopeAllows([granted], accepted)).toBe(allowed);
});
