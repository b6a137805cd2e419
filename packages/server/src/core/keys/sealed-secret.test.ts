import { expect, it } from 'vitest';
import { openSealed, seal } from './sealed-secret.js';

const SECRET = 'ifr_a-new-secret';

it('a sealed secret opens for the same caller and idempotency key', () => {
  expect(openSealed(seal(SECRET, 'caller', 'key'), 'caller', 'key')).toBe(SECRET);
});

it('a sealed secret does not open for another caller or another key, nor when it is null', () => {
  const sealed = seal(SECRET, 'caller', 'key');
  expect(openSealed(sealed, 'another', 'key')).toBeUndefined();
  expect(openSealed(sealed, 'caller', 'another')).toBeUndefined();
  expect(openSealed(null, 'caller', 'key')).toBeUndefined();
});

it('a sealed secret does not show the secret, and differs each time', () => {
  const sealed = seal(SECRET, 'caller', 'key');
  expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('secret');
  expect(seal(SECRET, 'caller', 'key')).not.toBe(sealed);
});

it('a sealed secret does not open when a bit of it was changed or its end is missing', () => {
  const bytes = Buffer.from(seal(SECRET, 'caller', 'key'), 'base64url');
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] as number) ^ 1;
    expect(openSealed(changed.toString('base64url'), 'caller', 'key')).toBeUndefined();
    const cut = bytes.subarray(0, at).toString('base64url');
    expect(openSealed(cut, 'caller', 'key')).toBeUndefined();
  }
});
