import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementTexts, memberText } from './raw-json.js';

const NAME = 'payload';

/** JSON text with things that JSON.stringify never writes: white space, escapes, large numbers. */
const space = fc.constantFrom('', '', '', ' ', '\n', '\t\r\n  ');

const stringText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }).map((value) => JSON.stringify(value)),
  fc
    .array(
      fc.constantFrom(
        'a',
        'é',
        '𝕏',
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        ' ',
        '\u2028',
        '\\\\',
        '\\"',
        '\\/',
        '\\n',
        '\\u0022',
        '\\u005c',
        '\\uD83D',
      ),
      { maxLength: 8 },
    )
    .map((parts) => `"${parts.join('')}"`),
);

const scalarText = fc.oneof(
  stringText,
  fc.constantFrom(
    'null',
    'true',
    'false',
    '0',
    '-0',
    '1E400',
    '-1.5e-7',
    '12345678901234567890123',
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
);

const nameText = fc.oneof(
  { weight: 3, arbitrary: fc.constant('"payload"') },
  fc.constantFrom(
    String.raw`"\u0070ayload"`,
    String.raw`"payloa\u0064"`,
    String.raw`"p\u0061y\u006Co\u0061d"`,
    '"payload "',
    '"Payload"',
    '"payloaD"',
    '"__proto__"',
    '""',
    String.raw`"\"payload\""`,
    String.raw`"payload\\"`,
  ),
  stringText,
);

interface ObjectText {
  readonly text: string;
  readonly members: readonly (readonly [name: string, value: string])[];
}

const { valueText } = fc.letrec<{ valueText: string }>((tie) => ({
  valueText: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalarText,
    fc
      .array(fc.tuple(space, tie('valueText'), space), { maxLength: 3 })
      .map((items) => `[${items.map((item) => item.join('')).join(',')}]`),
    fc
      .array(fc.tuple(space, nameText, space, tie('valueText'), space), { maxLength: 3 })
      .map(
        (items) =>
          `{${items.map(([a, name, b, value, c]) => `${a}${name}${b}:${value}${c}`).join(',')}}`,
      ),
  ),
}));

const objectText: fc.Arbitrary<ObjectText> = fc
  .tuple(
    space,
    fc.array(fc.tuple(space, nameText, space, space, valueText, space), { maxLength: 5 }),
    space,
  )
  .map(([before, items, after]) => ({
    text: `${before}{${items.map(([a, name, b, c, value, d]) => `${a}${name}${b}:${c}${value}${d}`).join(',')}${items.length === 0 ? before : ''}}${after}`,
    members: items.map(([, name, , , value]) => [name, value] as const),
  }));

const RUNS = { numRuns: 2_000 };

describe('memberText', () => {
  it('returns the text of the member that JSON.parse uses', () => {
    fc.assert(
      fc.property(objectText, ({ text, members }) => {
        const found = memberText(text, NAME);
        const last = members.findLast(([name]) => JSON.parse(name) === NAME);
        expect(found).toBe(last?.[1]);
        const parsed = JSON.parse(text) as Record<string, unknown>;
        expect(found !== undefined).toBe(Object.hasOwn(parsed, NAME));
        if (found !== undefined) expect(JSON.parse(found)).toEqual(parsed[NAME]);
      }),
      RUNS,
    );
  });

  it('finds every name without escapes', () => {
    const plainName = fc.stringMatching(/^[a-z_]{1,12}$/);
    const members = fc.dictionary(plainName, fc.jsonValue(), { noNullPrototype: true });
    fc.assert(
      fc.property(members, plainName, (object, name) => {
        const text = JSON.stringify(object, null, 1);
        const found = memberText(text, name);
        const parsed = JSON.parse(text) as Record<string, unknown>;
        expect(found !== undefined).toBe(Object.hasOwn(parsed, name));
        if (found !== undefined) expect(JSON.parse(found)).toEqual(parsed[name]);
      }),
    );
  });

  it('does not return a member of a member', () => {
    const text = '{"a":{"payload":1},"b":[{"payload":2}],"c":"\\"payload\\":3,","payload":4}';
    expect(memberText(text, NAME)).toBe('4');
    expect(memberText('{"a":{"payload":1},"b":"payload"}', NAME)).toBeUndefined();
  });

  it('returns the last of several members, however their names are spelt', () => {
    expect(memberText(String.raw`{"payload":1,"\u0070ayload":2}`, NAME)).toBe('2');
    expect(memberText(String.raw`{"\u0070ayload":2,"payload":1}`, NAME)).toBe('1');
  });

  it('keeps text that parsing would lose', () => {
    const payload = String.raw`{ "n": 12345678901234567890, "n": 1.0, "s":"\u0000\/é" }`;
    expect(memberText(`{"payload" :\n${payload} ,"x":1}`, NAME)).toBe(payload);
  });

  it('can start at an object inside a text', () => {
    const text = '[{"payload":1}, {"payload":2}]';
    expect(memberText(text, NAME, text.indexOf(' {'))).toBe('2');
  });

  it.each([
    ['100,000 brackets', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['100,000 braces', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['a mebibyte of backslashes', `"${'\\\\'.repeat(524_288)}"`],
    ['a mebibyte of quotes', `"${'\\"'.repeat(524_288)}"`],
    ['a mebibyte of members', `{${'"a":1,'.repeat(170_000)}"b":2}`],
  ])('passes over %s within a second of CPU', (_name, value) => {
    const before = process.cpuUsage();
    expect(memberText(`{"before":${value},"payload":${value}}`, NAME)).toBe(value);
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(1_000);
  });
});

describe('elementTexts', () => {
  it('returns the texts of the elements, in order', () => {
    const items = fc.array(fc.tuple(space, valueText, space), { maxLength: 5 });
    fc.assert(
      fc.property(space, items, space, (before, parts, after) => {
        const inside = parts.map((part) => part.join('')).join(',');
        const text = `${before}[${parts.length === 0 ? after : inside}]${after}`;
        const found = elementTexts(text);
        expect(found).toEqual(parts.map(([, value]) => value));
        expect(found.map((element) => JSON.parse(element))).toEqual(JSON.parse(text));
      }),
      RUNS,
    );
  });
});
