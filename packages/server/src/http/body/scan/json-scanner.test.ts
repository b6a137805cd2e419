import { describe, expect, it } from 'vitest';
import { JsonScanner, NESTING_MAX_LEVELS } from './json-scanner.js';

const SILENT = {
  watchDepth: -1,
  nameStart: () => {},
  nameEnd: () => {},
  valueStart: () => undefined,
  valueEnd: () => undefined,
};
/** It listens to everything, and so uses the scanner's other table. */
const LISTENING = { ...SILENT, watchDepth: Number.POSITIVE_INFINITY };

function takes(text: string, listener = SILENT): boolean {
  const scanner = new JsonScanner(listener);
  return (scanner.push(Buffer.from(text)) ?? scanner.end()) === undefined;
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** All sequences of up to `length` parts. */
function* sequences(parts: readonly string[], length: number): Generator<string> {
  yield '';
  if (length === 0) return;
  for (const rest of sequences(parts, length - 1)) for (const part of parts) yield part + rest;
}

function disagreements(before: string, parts: readonly string[], length: number, after = '') {
  const found = new Set<string>();
  for (const middle of sequences(parts, length)) {
    const text = before + middle + after;
    const expected = parses(text);
    if (takes(text) !== expected || takes(text, LISTENING) !== expected) found.add(text);
  }
  return [...found];
}

describe('JsonScanner agrees with JSON.parse', () => {
  const tokens = ['{', '}', '[', ']', ',', ':', '"a"', '1', ' '];
  it.each(['', '{"a"', '{"a":1', '[1', '[[1]', '{"a":{}'])('on tokens after %s', (before) => {
    expect(disagreements(before, tokens, 4)).toEqual([]);
  });

  it.each([
    ['', ''],
    ['[', ']'],
    ['{"a":', '}'],
  ])('on the characters of numbers in %s%s', (before, after) => {
    expect(disagreements(before, [...'-+.eE01'], 5, after)).toEqual([]);
  });

  it('on the characters of strings', () => {
    const parts = ['"', '\\', 'u', '0', 'aF', 'n', '\u0001', '\u007f', 'é'];
    expect(disagreements('["', parts, 4, '"]')).toEqual([]);
    expect(disagreements('{"\\u00', parts, 3, '":1}')).toEqual([]);
  });

  it.each(['true', 'false', 'null'])('on %s with one byte changed', (word) => {
    const changed = [];
    for (let at = 0; at <= word.length; at += 1) {
      for (let code = 0; code < 128; code += 1) {
        const byte = String.fromCharCode(code);
        changed.push(word.slice(0, at) + byte + word.slice(at));
        changed.push(word.slice(0, at) + byte + word.slice(at + 1));
      }
    }
    const wrong = changed.filter((text) => takes(text) !== parses(text));
    expect(wrong).toEqual([]);
  });

  it('on every byte as white space around a value', () => {
    for (let code = 0; code < 256; code += 1) {
      const text = `${String.fromCharCode(code)}[1]${String.fromCharCode(code)}`;
      expect(takes(text), text).toBe(parses(text));
    }
  });

  it('on nested values, up to its limit', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(takes(nested(NESTING_MAX_LEVELS))).toBe(true);
    expect(takes(nested(NESTING_MAX_LEVELS + 1))).toBe(false);
    expect(takes(`${'[{"a":'.repeat(40)}1${'}]'.repeat(40)}`)).toBe(true);
    expect(takes(`${'[{"a":'.repeat(40)}1${']}'.repeat(40)}`)).toBe(false);
  });
});
