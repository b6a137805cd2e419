import { describe, expect, it } from 'vitest';
import { elementSlices, memberSlice } from './json-slices.js';

describe('memberSlice', () => {
  it('returns the text of a value unchanged', () => {
    const payload = '{ "a":1,"a" :2, "big":12345678901234567890, "s":"}\\"]\\\\", "n":[ ] }';
    expect(memberSlice(`{"x":{"payload":0},"payload": ${payload} ,"z":null}`, 'payload')).toBe(
      payload,
    );
  });

  it('finds scalars and strings', () => {
    expect(memberSlice('{"a":1.0E+2,"b":"x,y"}', 'a')).toBe('1.0E+2');
    expect(memberSlice('{"a":1.0E+2,"b":"x,y"}', 'b')).toBe('"x,y"');
    expect(memberSlice('{}', 'b')).toBeUndefined();
  });

  it('refuses text that is cut off', () => {
    expect(() => memberSlice('{"a":{"b":1', 'a')).toThrow(SyntaxError);
    expect(() => memberSlice('{"a":"b', 'a')).toThrow(SyntaxError);
  });
});

describe('elementSlices', () => {
  it('splits at the outer commas only', () => {
    expect(elementSlices(' [ {"a":[1,2]} , "],", null ]')).toEqual(['{"a":[1,2]}', '"],"', 'null']);
    expect(elementSlices('[]')).toEqual([]);
  });
});
