import { CAPABILITIES, LIMITS } from '@millrace/protocol';
import { describe, expect, it } from 'vitest';
import type { Refusal } from '../../../core/refusal.js';
import { createValidator } from '../../validation/validation.js';
import { createUnknownFinder } from '../unknown-fields.js';
import type { ScannedBody } from './body-collector.js';
import { BodyScan } from './body-scan.js';
import { bodyShapeOf } from './body-shape.js';

const MIB = 1024 * 1024;
const BODY_BYTES = 17 * MIB;
const CHUNK_BYTES = 64 * 1024;
/** One payload, some fragments, a chunk, and garbage that has not been collected yet. */
const KEPT_MAX_BYTES = 6 * MIB;
const BATCH = bodyShapeOf(CAPABILITIES.publishBatch);

/** Memory outside of the heap: it grows only with the bytes that are kept. */
const gatheredBytes = (): number => process.memoryUsage().arrayBuffers;

/** Scans a body that repeats `unit` up to 17 MiB, made chunk by chunk. */
function scanMany(before: string, unit: string | Buffer, after = '', shape = BATCH) {
  const unitBytes = Buffer.from(unit as string);
  const times = Math.max(1, Math.floor(CHUNK_BYTES / unitBytes.length));
  const chunk = Buffer.concat(Array(times).fill(unitBytes));
  const scan = new BodyScan(shape);
  const atStart = gatheredBytes();
  let mostBytes = 0;
  let pushedBytes = 0;
  const push = (bytes: Buffer): Refusal | undefined => {
    pushedBytes += bytes.length;
    const refusal = scan.push(bytes);
    mostBytes = Math.max(mostBytes, gatheredBytes() - atStart);
    return refusal;
  };
  let refusal = push(Buffer.from(before));
  while (refusal === undefined && pushedBytes < BODY_BYTES) refusal = push(chunk);
  refusal ??= push(Buffer.from(after));
  const result: ScannedBody | Refusal = refusal ?? scan.end();
  expect(mostBytes).toBeLessThan(KEPT_MAX_BYTES);
  return { result, pushedBytes };
}

const ENTRIES = '{"queue":"q","messages":[';
const PAYLOAD = `${ENTRIES}{"payload":`;
const TOO_DEEP = 'The body is not valid JSON: it is nested deeper than 100000 levels.';
const BAD_UTF8 = 'The body is not valid JSON: it is not valid UTF-8.';
const TOO_MANY = 'messages must NOT have more than 1000 items';
const PAYLOAD_TOO_LARGE = 'messages/0/payload must be at most 1048576 bytes of JSON';
const VALUE_TOO_LARGE = 'must be at most 131072 bytes of JSON';

describe('a body of 17 MiB', () => {
  it.each<
    [what: string, before: string, unit: string | Buffer, says: string, seenMaxBytes: number]
  >([
    ['brackets', '', '[', TOO_DEEP, MIB],
    ['braces', '', '{"a":', TOO_DEEP, MIB],
    ['brackets in a field', '{"queue":', '[', TOO_DEEP, MIB],
    ['brackets in a payload', PAYLOAD, '[', TOO_DEEP, MIB],
    ['braces in a payload', PAYLOAD, '{"a":', TOO_DEEP, MIB],
    ['numbers as entries', ENTRIES, '1,', TOO_MANY, MIB],
    ['empty entries', ENTRIES, '{},', TOO_MANY, MIB],
    ['lists as entries', ENTRIES, '[],', TOO_MANY, MIB],
    ['bad entries', ENTRIES, '{"priority":"x"},', TOO_MANY, MIB],
    ['texts as entries', ENTRIES, '"\\u0000",', TOO_MANY, MIB],
    ['bad UTF-8', '{"a":"', Buffer.of(0xff), BAD_UTF8, MIB],
    ['surrogates in UTF-8', '{"a":"', Buffer.of(0xed, 0xa0, 0x80), BAD_UTF8, MIB],
    ['one payload of numbers', `${PAYLOAD}[`, '1,', PAYLOAD_TOO_LARGE, 2 * MIB],
    ['one payload of objects', `${PAYLOAD}[`, '{},', PAYLOAD_TOO_LARGE, 2 * MIB],
    ['one payload of escapes', `${PAYLOAD}"`, '\\u0000', PAYLOAD_TOO_LARGE, 2 * MIB],
    ['one payload of digits', PAYLOAD, '1', PAYLOAD_TOO_LARGE, 2 * MIB],
    ['one payload of white space', `${PAYLOAD}[`, ' ', PAYLOAD_TOO_LARGE, 2 * MIB],
    ['a name of a queue', '{"queue":"', 'x', `queue ${VALUE_TOO_LARGE}`, MIB],
    ['digits for a queue', '{"queue":', '1', `queue ${VALUE_TOO_LARGE}`, MIB],
    ['text for a list', '{"messages":"', 'x', `messages ${VALUE_TOO_LARGE}`, MIB],
    ['headers', `${ENTRIES}{"headers":{`, '"a":1,', `messages/0/headers ${VALUE_TOO_LARGE}`, MIB],
    [
      'payloads',
      ENTRIES,
      `{"payload":"${'x'.repeat(MIB - 2)}"},`,
      'messages must be at most 16777216 bytes in all',
      18 * MIB,
    ],
    ['quotes', '', '"', 'is expected at byte 2.', MIB],
    ['commas', '[1', ',', 'is expected at byte 3.', MIB],
    ['control characters', '{"a":"', '\u0001', 'is expected at byte 6.', MIB],
    ['bytes of null', '', '\0', 'a value is expected at byte 0.', MIB],
  ])('of %s is refused early', (_what, before, unit, says, seenMaxBytes) => {
    const { result, pushedBytes } = scanMany(before, unit);
    expect((result as Refusal).message).toContain(says);
    expect(pushedBytes).toBeLessThan(seenMaxBytes);
  });

  it.each<[what: string, before: string, unit: string, after: string]>([
    ['white space', '', ' ', '{}'],
    ['one name', '{"', 'n', '":1}'],
    ['one name of escapes', '{"', '\\u0061', '":1}'],
    ['one text', '{"a":"', 'x', '"}'],
    ['one text of escapes', '{"a":"', '\\u0000', '"}'],
    ['one number', '{"a":', '1', '}'],
    ['unknown members', '{', '"a":1,', '"b":1}'],
    ['empty names', '{', '"":{},', '"b":1}'],
    ['one unknown list', '{"a":[', '1,', '1]}'],
    ['objects in an unknown list', '{"a":[', '{},', '1]}'],
    ['nested lists in an unknown list', '{"a":[', `${'['.repeat(500)}${']'.repeat(500)},`, '1]}'],
    ['the same field', '{', '"queue":"q",', '"queue":"q"}'],
    ['the same empty list', '{', '"messages":[],', '"messages":[]}'],
    ['the same payload', `${ENTRIES}{`, `"payload":"${'x'.repeat(1_000)}",`, '"payload":1}]}'],
    ['the same headers', `${ENTRIES}{`, '"headers":{"a":[[1]]},', '"payload":1}]}'],
    ['unknown members of an entry', `${ENTRIES}{`, '"prioritty":"x",', '"payload":1}]}'],
  ])('of %s is read, and little of it is kept', (_what, before, unit, after) => {
    const { result } = scanMany(before, unit, after);
    expect(result).not.toHaveProperty('ok');
    const { value, payloads } = result as ScannedBody;
    expect(JSON.stringify(value).length).toBeLessThan(1_000);
    expect(payloads.join().length).toBeLessThan(100);
  });

  it('of repeated lists is read, and the last list counts', () => {
    const list = `"messages":[{"payload":"${'x'.repeat(CHUNK_BYTES)}"}],`;
    const { result } = scanMany('{', list, '"messages":[]}');
    expect(result).toMatchObject({ value: { messages: [] }, payloads: [] });
  });

  it('with only brackets in a known field is read as an empty list in that field', () => {
    const nested = '{"a":[[[]],{"b":{}}]}';
    const { result } = scanMany(
      '{"x":"',
      'x',
      `","queue":[1,2],"messages":[{"headers":${nested}}]}`,
    );
    expect((result as ScannedBody).value).toEqual({
      x: null,
      queue: [],
      messages: [{ headers: { a: [] } }],
    });
  });
});

it('a scan keeps nothing of a deeply nested field', () => {
  const { result } = scanMany(
    '{"x":[1',
    ' ',
    `],"queue":${'[1,'.repeat(50_000)}0${']'.repeat(50_000)}}`,
  );
  expect((result as ScannedBody).value).toEqual({ x: null, queue: [] });
});

it('a map is refused as soon as it is too long as compact JSON', () => {
  const body = (map: string) => `{"queue":"q","messages":[{"payload":1,"headers":${map}}]}`;
  const scanOf = (map: string) => {
    const scan = new BodyScan(BATCH);
    return scan.push(Buffer.from(body(map))) ?? scan.end();
  };
  const entries = (count: number, entry: string) => `{${Array(count).fill(entry)}}`;
  expect(scanOf(entries(2_000, '"a":1'))).toMatchObject({ code: 'INVALID_REQUEST' });
  // The same length in white space and escapes may be short as compact JSON.
  expect(scanOf(entries(10, `"a" : ${' '.repeat(1_000)}"b"`))).not.toHaveProperty('ok');
  expect(scanOf(entries(10, `"a":"${'\\u0001'.repeat(200)}"`))).not.toHaveProperty('ok');
});

describe('a scanned and validated batch', () => {
  const validate = createValidator(CAPABILITIES.publishBatch);
  const fieldsOf = (text: string) => {
    const scan = new BodyScan(BATCH);
    for (let at = 0; at < text.length; at += CHUNK_BYTES) {
      scan.push(Buffer.from(text.slice(at, at + CHUNK_BYTES)));
    }
    const body = scan.end();
    if ('ok' in body) throw new Error(body.message);
    return { ...body, fields: body.value as Record<string, unknown> };
  };
  const payload = (index: number) => `{"index": ${index}, "text":"${'é'.repeat(5_000)}"}`;

  it('is valid with all payloads as they were sent', () => {
    const sent = Array.from({ length: LIMITS.batchMaxMessages }, (_, index) => payload(index));
    const entries = sent.map((text) => `{"payload": ${text} ,"headers":{"a":"b"},"extra":[]}`);
    const { fields, payloads } = fieldsOf(`{"queue":"q","messages":[${entries}]}`);
    expect(validate(fields)).toBeUndefined();
    expect(payloads).toEqual(sent);
    expect((fields.messages as unknown[])[999]).toEqual({ payload: null, headers: { a: 'b' } });
    const unknown = createUnknownFinder(CAPABILITIES.publishBatch)(fields);
    expect(unknown).toHaveLength(10);
    expect(unknown[9]).toEqual({ path: '/messages/9/extra', message: 'unknown field' });
  });

  it('names ten of its bad entries', () => {
    const entries = Array.from({ length: 1_000 }, () => `{"priority":"x","vendor":${payload(1)}}`);
    const { fields } = fieldsOf(`{"queue":"q","messages":[${entries}]}`);
    const refusal = validate(fields);
    expect(refusal?.details).toHaveLength(10);
    expect(refusal?.details?.slice(0, 2)).toEqual([
      { path: '/messages/0/payload', message: 'is required' },
      { path: '/messages/0/priority', message: 'must be integer' },
    ]);
  });
});

describe('bodyShapeOf', () => {
  it('contains aliases, lists, and the kinds of values that a field may contain', () => {
    const { members } = bodyShapeOf(CAPABILITIES.pushSubscribe);
    expect(members.get('endpoint')).toBe(members.get('url'));
    expect(members.get('headers')).toEqual({ kind: 'value', holds: 0x7b });
    expect(bodyShapeOf(CAPABILITIES.createKey).members.get('scopes')).toEqual({
      kind: 'value',
      holds: 0x5b,
    });
    expect(BATCH.members.get('messages')).toMatchObject({ kind: 'list', maxItems: 1_000 });
    expect(bodyShapeOf(CAPABILITIES.publish).members.get('payload')).toEqual({ kind: 'payload' });
  });
});
