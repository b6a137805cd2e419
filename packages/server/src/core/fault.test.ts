import { describe, expect, it } from 'vitest';
import { causeOf, faultOf } from './fault.js';

const SECRET = 'a-secret-qzx93';

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

describe('the cause of an error', () => {
  it('is its message and its code', () => {
    expect(causeOf(Object.assign(new Error('it broke'), { code: 'EBROKEN' }))).toBe(
      'it broke (EBROKEN)',
    );
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect(causeOf(refused)).toBe('connect ECONNREFUSED');
  });

  it('is that of the first address when several were tried', () => {
    const first = new Error('connect ECONNREFUSED ::1:5432');
    expect(causeOf(new AggregateError([first, new Error('other')], ''))).toBe(first.message);
  });

  it('is defined for anything that can be thrown', () => {
    for (const thrown of ['text', 7, {}, new Error()]) expect(causeOf(thrown)).not.toBe(undefined);
  });

  it.each([
    ['the text that a parser read', thrownBy(() => JSON.parse(`{"payload":${SECRET}`))],
    [
      'the value that a database refused',
      Object.assign(new Error(`invalid input syntax for type json: "${SECRET}"`), {
        code: '22P02',
      }),
    ],
    [
      'the row that a database quotes in its detail',
      Object.assign(new Error('duplicate key'), { code: '23505', detail: `(k)=(${SECRET})` }),
    ],
    ['a password in a url', new Error(`cannot reach postgres://u:${SECRET}@host/d`)],
    ['an invalid url', thrownBy(() => new URL(`postgres://${SECRET}@:`))],
  ])('never contains %s', (_what, error) => {
    expect(JSON.stringify(faultOf(error))).not.toContain(SECRET);
  });

  it('is cut to a bounded length', () => {
    expect(causeOf(new Error('x'.repeat(10_000))).length).toBeLessThanOrEqual(500);
  });
});

it('a fault shows where it was thrown, and its message only in the cause', () => {
  const { cause, stack } = faultOf(new Error('first\nsecond'));
  expect(cause).toBe('first\nsecond');
  expect(stack).toContain('fault.test.ts');
  expect(stack).not.toContain('second');
});
