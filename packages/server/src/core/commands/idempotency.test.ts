import { describe, expect, it } from 'vitest';
import { canonicalJson, requestFingerprint } from './idempotency.js';

const PATH = '/v1/queue/publish';
const FIELDS = { queue: 'q', priority: 1, headers: { a: '1', b: '2' } };

it('the fingerprint of a request does not depend on the order of its fields', () => {
  const turned = { headers: { b: '2', a: '1' }, priority: 1, queue: 'q' };
  expect(requestFingerprint(PATH, turned)).toBe(requestFingerprint(PATH, FIELDS));
});

it('the fingerprint of a request leaves out the idempotency key', () => {
  const withKey = { ...FIELDS, idempotency_key: 'k' };
  expect(requestFingerprint(PATH, withKey)).toBe(requestFingerprint(PATH, FIELDS));
});

it.each([
  ['the path', '/v1/queue/ack', FIELDS],
  ['a value', PATH, { ...FIELDS, priority: 2 }],
  ['the type of a value', PATH, { ...FIELDS, priority: '1' }],
  ['a nested value', PATH, { ...FIELDS, headers: { a: '1', b: '3' } }],
  ['one more field', PATH, { ...FIELDS, delay_seconds: 0 }],
  ['one field less', PATH, { queue: 'q', priority: 1 }],
  ['the order in a list', PATH, { ...FIELDS, list: [2, 1] }],
])('the fingerprint of a request changes with %s', (_what, path, fields) => {
  const first = requestFingerprint(PATH, { ...FIELDS, ...('list' in fields && { list: [1, 2] }) });
  expect(requestFingerprint(path, fields)).not.toBe(first);
});

it('the fingerprint of a request compares payloads by their text', () => {
  const of = (payload: string) =>
    requestFingerprint(PATH, { queue: 'q', payload: JSON.parse(payload) }, { payload });
  expect(of('{"a":1}')).toBe(of('{"a":1}'));
  expect(of('{"a":1}')).not.toBe(of('{"a": 1}'));
  expect(of('12345678901234567890')).not.toBe(of('12345678901234567891'));
});

it('the fingerprint of a request does not confuse one field with the next', () => {
  const first = requestFingerprint(PATH, { a: 'x', b: 'y' }, { a: '1\nb 1 2', b: '3' });
  const second = requestFingerprint(PATH, { a: 'x', b: 'y' }, { a: '1', b: '2\nb 1 3' });
  expect(first).not.toBe(second);
});

describe('canonical JSON', () => {
  it.each([
    [null, 'null'],
    [undefined, 'null'],
    [[1, 2], '[1,2]'],
    [[12], '[12]'],
    [{ 0: 1, 1: 2 }, '{"0":1,"1":2}'],
    [{ b: [null, { d: 2, c: 1 }], a: '1' }, '{"a":"1","b":[null,{"c":1,"d":2}]}'],
  ])('of %o is %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });
});
