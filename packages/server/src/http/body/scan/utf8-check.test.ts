import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Utf8Check } from './utf8-check.js';

const part = fc.oneof(
  fc.constantFrom('a', 'é', '€', '𝕏', '\ufeff', '\u0000').map((text) => [...Buffer.from(text)]),
  fc.constantFrom(0x80, 0xbf, 0xc0, 0xc3, 0xe0, 0xe2, 0xed, 0xf0, 0xf4, 0xff).map((byte) => [byte]),
);
const bytes = fc.array(part, { maxLength: 6 }).map((parts) => parts.flat());
const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });

it('Utf8Check finds the same in chunks as isUtf8 in the whole', () => {
  fc.assert(
    fc.property(bytes, sizes, (all, chunkBytes) => {
      const check = new Utf8Check();
      let valid = true;
      for (let at = 0, turn = 0; at < all.length; turn += 1) {
        const size = chunkBytes[turn % chunkBytes.length] as number;
        valid &&= check.push(Uint8Array.from(all.slice(at, at + size)));
        at += size;
      }
      expect(valid && check.end()).toBe(isUtf8(Uint8Array.from(all)));
    }),
    { numRuns: 5_000 },
  );
});
