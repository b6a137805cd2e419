import { isUtf8 } from 'node:buffer';
import { CAPABILITIES, LIMITS } from '@millrace/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstCharacters } from '../first-characters.js';
import { elementTexts, memberText } from '../raw-json.js';
import type { ScannedBody } from './body-collector.js';
import { BodyScan } from './body-scan.js';
import {
  BodyShape,
  bodyShapeOf,
  type MemberShape,
  OPEN_BRACE,
  OPEN_BRACKET,
} from './body-shape.js';

/** Small, so that random bodies reach its bounds. */
const ENTRY_MEMBERS = new Map<string, MemberShape>([
  ['payload', { kind: 'payload' }],
  ['n', { kind: 'value', holds: undefined }],
  ['headers', { kind: 'value', holds: OPEN_BRACE }],
]);
const ENTRY = new BodyShape(ENTRY_MEMBERS);
const QUEUE: [string, MemberShape] = ['queue', { kind: 'value', holds: undefined }];
const MAX_ITEMS = 6;
const BATCH = new BodyShape(
  new Map<string, MemberShape>([
    QUEUE,
    ['scopes', { kind: 'value', holds: OPEN_BRACKET }],
    ['messages', { kind: 'list', maxItems: MAX_ITEMS, entry: ENTRY }],
  ]),
);
const SINGLE = new BodyShape(new Map([...ENTRY_MEMBERS, QUEUE]));

const space = fc.constantFrom('', '', '', '', ' ', '\n', '\t\r ');
const stringText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }).map((text) => JSON.stringify(text)),
  fc
    .array(fc.constantFrom('a', 'é', '𝕏', '{', ']', '\\\\', '\\"', '\\u0022', '\\uD83D', '\u2028'))
    .map((parts) => `"${parts.join('')}"`),
);
const scalarText = fc.oneof(
  stringText,
  fc.constantFrom('null', 'true', 'false', '0', '-0', '1E400', '-1.5e-7', '12345678901234567890'),
);
const nameText = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('"payload"', '"messages"', '"headers"', '"n"', '"queue"'),
  },
  fc.constantFrom(
    String.raw`"pay\u006coad"`,
    String.raw`"m\u0065ssages"`,
    '"__proto__"',
    '"scopes"',
    '"other"',
    '""',
  ),
  stringText,
);
const members = (value: fc.Arbitrary<string>) =>
  fc
    .array(fc.tuple(space, nameText, space, space, value, space), { maxLength: 5 })
    .map((all) => `{${all.map(([a, name, b, c, v, d]) => `${a}${name}${b}:${c}${v}${d}`).join()}}`);
const items = (value: fc.Arbitrary<string>) =>
  fc
    .array(fc.tuple(space, value, space), { maxLength: 4 })
    .map((all) => `[${all.map((item) => item.join('')).join()}]`);
const { value: valueText } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, scalarText, items(tie('value')), members(tie('value'))),
}));
const entryText = fc.oneof({ weight: 3, arbitrary: members(valueText) }, valueText);
const bodyText = fc
  .tuple(
    space,
    fc.oneof({ weight: 4, arbitrary: members(fc.oneof(items(entryText), valueText)) }, valueText),
    space,
  )
  .map((parts) => parts.join(''));

/**
 * A change to the bytes of a body: one byte is replaced, inserted or removed, or the rest is cut off.
 */
const change = fc.record({
  at: fc.nat(400),
  what: fc.constantFrom('replace', 'insert', 'remove', 'cut'),
  byte: fc.oneof(fc.constantFrom(...Buffer.from('{}[]",:\\0-.eEtfnu \n\u0000')), fc.nat(255)),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function changed(bytes: Buffer, { at, what, byte }: Change): Buffer {
  const place = at % (bytes.length + 1);
  if (what === 'cut') return bytes.subarray(0, place);
  const before = bytes.subarray(0, place);
  const after = bytes.subarray(what === 'insert' ? place : place + 1);
  return Buffer.concat([before, Buffer.from(what === 'remove' ? [] : [byte]), after]);
}

const sizes = fc.oneof(
  fc.constant([1]),
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 8 })
    .filter((all) => Math.max(...all) > 0),
  fc.constant([100_000]),
);

function scan(shape: BodyShape, bytes: Buffer, chunkBytes: readonly number[] = [65_536]) {
  const body = new BodyScan(shape);
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = chunkBytes[turn % chunkBytes.length] as number;
    // A copy that is overwritten afterwards: nothing may be read from an earlier chunk.
    const chunk = Uint8Array.from(bytes.subarray(at, at + size));
    const refusal = body.push(chunk);
    if (refusal !== undefined) return refusal;
    chunk.fill(0x21);
    at += size;
  }
  return body.end();
}

/** The value that JSON.parse makes of the body; undefined where it refuses it. */
function parsed(bytes: Buffer): { value: unknown; text: string } | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString();
  try {
    return { value: JSON.parse(text), text };
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const emptied = (value: unknown): unknown => {
  if (Array.isArray(value)) return [];
  return isObject(value) ? {} : value;
};

/** The value that the scan must keep of known members, computed from the whole value of JSON.parse. */
function reduced(value: unknown, shape: BodyShape): unknown {
  if (!isObject(value)) return Array.isArray(value) ? [] : null;
  const kept: Record<string, unknown> = {};
  for (const [name, member] of shape.members) {
    if (!Object.hasOwn(value, name)) continue;
    const field = value[name];
    if (member.kind === 'payload') kept[name] = null;
    else if (member.kind === 'list' && Array.isArray(field)) {
      kept[name] = field.map((item) => reduced(item, member.entry));
    } else if (member.kind === 'value' && member.holds === OPEN_BRACE && isObject(field)) {
      const held = Object.entries(field).map(([key, inner]) => [key, emptied(inner)]);
      kept[name] = Object.fromEntries(held);
    } else if (member.kind === 'value' && member.holds === OPEN_BRACKET && Array.isArray(field)) {
      kept[name] = field.map(emptied);
    } else kept[name] = emptied(field);
  }
  return kept;
}

/** The value without the names that the shape does not know. */
function known(value: unknown, shape: BodyShape): unknown {
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([name]) => shape.members.has(name));
  const list = shape.members.get('messages');
  return Object.fromEntries(
    kept.map(([name, field]) =>
      list?.kind === 'list' && name === 'messages' && Array.isArray(field)
        ? [name, field.map((entry) => known(entry, list.entry))]
        : [name, field],
    ),
  );
}

/** Random bodies have fewer than ten unknown members, so all of their names are kept. */
function expectUnknown(value: unknown, whole: unknown, shape: BodyShape): void {
  const namesOf = (object: unknown, { members }: BodyShape): string[] =>
    isObject(object) ? Object.keys(object).filter((name) => !members.has(name)) : [];
  expect(namesOf(value, shape)).toEqual(namesOf(whole, shape));
  const list = shape.members.get('messages');
  if (list?.kind !== 'list' || !isObject(whole) || !Array.isArray(whole.messages)) return;
  const entries = (value as { messages: unknown[] }).messages;
  const names = whole.messages.flatMap((entry) => namesOf(entry, list.entry));
  if (names.length > 10) return;
  expect(entries.flatMap((entry) => namesOf(entry, list.entry))).toEqual(names);
}

function payloadsOf(text: string, value: unknown, shape: BodyShape): (string | undefined)[] {
  if (!isObject(value)) return [];
  if (!shape.members.has('messages'))
    return [memberText(text, 'payload')].filter((own) => own !== undefined);
  if (!Array.isArray(value.messages)) return [];
  return elementTexts(memberText(text, 'messages') as string).map((entry) =>
    entry.startsWith('{') ? memberText(entry, 'payload') : undefined,
  );
}

const RUNS = Number(process.env.MILLRACE_TEST_RUNS ?? 3_000);
const SEED = process.env.MILLRACE_TEST_SEED;
const parameters = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

describe.each([
  ['a batch', BATCH],
  ['a single message', SINGLE],
])('BodyScan of %s', (_name, shape) => {
  const check = (bytes: Buffer, chunkBytes: readonly number[]): void => {
    const result = scan(shape, bytes, chunkBytes);
    const expected = parsed(bytes);
    if ('ok' in result) {
      if (result.code === 'INVALID_JSON') expect(expected).toBeUndefined();
      // An earlier list may be too long although a later one replaces it.
      else
        expect(result.details).toEqual([
          { path: '/messages', message: `must NOT have more than ${MAX_ITEMS} items` },
        ]);
      return;
    }
    expect(expected).toBeDefined();
    const { value, text } = expected as { value: unknown; text: string };
    expect(known(result.value, shape)).toEqual(reduced(value, shape));
    expectUnknown(result.value, value, shape);
    expect(result.payloads).toEqual(payloadsOf(text, value, shape));
  };

  it('keeps the same of random JSON as parsing all of it', () => {
    fc.assert(
      fc.property(bodyText, sizes, (text, chunkBytes) => check(Buffer.from(text), chunkBytes)),
      parameters,
    );
  });

  it('accepts exactly the bodies that JSON.parse accepts', () => {
    const changes = fc.array(change, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(bodyText, changes, sizes, (text, all, chunkBytes) =>
        check(all.reduce(changed, Buffer.from(text)), chunkBytes),
      ),
      parameters,
    );
  });
});

const kept = (shape: BodyShape, text: string, chunkBytes?: readonly number[]): ScannedBody => {
  const result = scan(shape, Buffer.from(text), chunkBytes);
  if ('ok' in result) throw new Error(result.message);
  return result;
};

describe('BodyScan', () => {
  it('keeps the last of several payloads and lists', () => {
    const text = String.raw`{"messages":[{"payload":1}],"m\u0065ssages":[{"payload":2,"pay\u006coad":3},{"n":1}]}`;
    expect(kept(BATCH, text)).toEqual({
      value: { messages: [{ payload: null }, { n: 1 }] },
      payloads: ['3', undefined],
    });
    expect(kept(BATCH, '{"messages":[{"payload":1}],"messages":5}').payloads).toEqual([]);
  });

  it('keeps a payload byte for byte', () => {
    const payload = String.raw`{ "n": 12345678901234567890, "n": 1.0, "s":"\u0000\/é𝕏" }`;
    for (const size of [1, 2, 3, 7, 65_536]) {
      const { payloads } = kept(SINGLE, `{"payload" :\n${payload} ,"n":1}`, [size]);
      expect(payloads).toEqual([payload]);
    }
  });

  it('keeps the names of ten unknown members of the body, and of ten in all entries', () => {
    const text = String.raw`{"a/b":1,"__proto__":{"x":1},"a/b":2,"\u00e9":1,"messages":[{},{"~":1,"n":2}]}`;
    for (const chunkBytes of [1, 3, 65_536]) {
      const { value } = kept(BATCH, text, [chunkBytes]);
      expect(Object.keys(value as object)).toEqual(['messages', 'a/b', '__proto__', 'é']);
      expect((value as { messages: unknown }).messages).toEqual([{}, { n: 2, '~': null }]);
    }
    const many = Array.from({ length: 12 }, (_, index) => `"x${index}":1`);
    const { value } = kept(BATCH, `{${many},"messages":[{${many}},{"last":1}]}`);
    const { messages, ...unknown } = value as Record<string, unknown>;
    const first = many.slice(0, 10).map((member) => JSON.parse(`{${member}}`));
    const names = first.flatMap(Object.keys);
    expect(Object.keys(unknown)).toEqual(names);
    expect(messages).toEqual([Object.fromEntries(names.map((name) => [name, null])), {}]);
  });

  it('counts an unknown name once that occurs twice', () => {
    const twice = Array.from({ length: 12 }, (_, index) => `"x${index % 6}":1`);
    const { value } = kept(BATCH, `{${twice},"last":1,"messages":[{${twice}},{"last":1}]}`);
    const names = ['x0', 'x1', 'x2', 'x3', 'x4', 'x5'];
    expect(Object.keys(value as object)).toEqual(['messages', ...names, 'last']);
    const { messages } = value as { messages: object[] };
    expect(messages.map(Object.keys)).toEqual([names, ['last']]);
  });

  it('forgets the unknown names of a list that another one replaces', () => {
    const many = Array.from({ length: 12 }, (_, index) => `"x${index}":1`);
    const { value } = kept(BATCH, `{"messages":[{${many}}],"messages":[{"y":1}]}`);
    expect(value).toEqual({ messages: [{ y: null }] });
  });

  it('keeps the beginning of a name that is far too long, in any spelling', () => {
    for (const [written, name] of [
      ['x', 'x'],
      [String.raw`\u00e9`, 'é'],
      [String.raw`a\ud83d\ude00`, 'a😀'],
      ['€', '€'],
    ] as const) {
      for (const chunkBytes of [100, 65_536]) {
        const { value } = kept(BATCH, `{"${written.repeat(1_000)}":1}`, [chunkBytes]);
        const [shown = ''] = Object.keys(value as object);
        expect(name.repeat(1_000).slice(0, 64)).toBe(shown.slice(0, 64));
        expect(shown.length).toBeLessThan(1_000);
      }
    }
  });

  it('keeps the beginning of a text that it cuts, in any spelling', () => {
    const [message, max] = [bodyShapeOf(CAPABILITIES.nackBatch), LIMITS.lastErrorMaxChars];
    for (const written of [
      'x',
      '€',
      '😀',
      String.raw`\u00e9`,
      String.raw`\ud83d\ude00`,
      String.raw`\n\"`,
    ]) {
      const character = JSON.parse(`"${written}"`);
      const times = Math.ceil(300_000 / written.length);
      const text = `{"messages":[{"message_id":"a","error":"x${written.repeat(times)}","requeue":false},{"error":"b"}]}`;
      for (const chunkBytes of [1_000, 4_093, 65_536]) {
        const { value } = kept(message, text, [chunkBytes]);
        const [first, second] = (value as { messages: { error: string }[] }).messages;
        expect(firstCharacters(first?.error ?? '', max)).toBe(
          firstCharacters(`x${character.repeat(max)}`, max),
        );
        expect(first?.error.length).toBeLessThan(130_000);
        expect(first).toMatchObject({ message_id: 'a', requeue: false });
        expect(second).toEqual({ error: 'b' });
      }
    }
  });

  it('refuses a number that is too long where a text would be cut', () => {
    const shape = bodyShapeOf(CAPABILITIES.nackBatch);
    const digits = `{"messages":[{"error":${'1'.repeat(300_000)}}]}`;
    expect(scan(shape, Buffer.from(digits), [4_096])).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('reports what it expected, and where', () => {
    const messageOf = (text: string) => scan(BATCH, Buffer.from(text));
    expect(messageOf('{"a":1 "b"}')).toMatchObject({
      code: 'INVALID_JSON',
      message: 'The body is not valid JSON: a comma or } is expected at byte 7.',
    });
    expect(messageOf('{"a":[1,')).toMatchObject({
      message: 'The body is not valid JSON: it ends where a value is expected.',
    });
    expect(messageOf('\ufeff{}')).toMatchObject({ code: 'INVALID_JSON' });
  });
});
