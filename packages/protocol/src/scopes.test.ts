import { expect, it } from 'vitest';
import { SCOPES, type Scope, scopeAllows } from './scopes.js';

it('metrics open metrics and nothing else, and only admin implies them', () => {
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
])('%s for a call of %j: %s', (granted, accepted, allowed) => {
  expect(scopeAllows([granted], accepted)).toBe(allowed);
});
