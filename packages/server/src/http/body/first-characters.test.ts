import fc from 'fast-check';
import { expect, it } from 'vitest';
import { firstCharacters } from './first-characters.js';

it('the first characters of a text never end in the middle of a character', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));
  fc.assert(
    fc.property(text, fc.nat(12), (whole, max) => {
      expect(firstCharacters(whole, max)).toBe([...whole].slice(0, max).join(''));
    }),
  );
});
