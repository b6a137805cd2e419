import { expect, it } from 'vitest';
import { createLog } from './logger.js';
import { readableLine } from './readable-lines.js';

const json = (fields: object, message = 'hello') => {
  let text = '';
  const log = createLog((line) => {
    text += line;
  }, 'info');
  log.info(message, fields as Record<string, string>);
  return text;
};
const readable = (fields: object, message?: string, colour = false) =>
  readableLine(json(fields, message), colour);
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /;

it('a readable line shows the time, the level, the message and the fields', () => {
  const line = readable({ queue: 'orders', repeated: 3, cause: 'two words', none: undefined });
  expect(line).toMatch(TIME);
  expect(line.replace(TIME, '')).toBe('INFO  hello queue=orders repeated=3 cause="two words"');
});

it('a readable line is followed by the stack', () => {
  const lines = readable({ stack: '    at one\n    at two' }).split('\n');
  expect(lines.slice(1)).toEqual(['    at one', '    at two']);
});

it('a readable line has colours only on request', () => {
  expect(readable({ queue: 'a' })).not.toContain('\u001b');
  expect(readable({ queue: 'a' }, 'hello', true)).toContain('\u001b[32mINFO');
});

// Escape sequences of 7 and 8 bits, a line feed, and characters that reverse the direction of text.
const HOSTILE = '\u001b[2J\u009b2J\r\nfaked\u202e\u2028\u0000';

it('a readable line contains no raw control character, in fields, message or stack', () => {
  const fields = { queue: HOSTILE, plain: '\u001b[2J', stack: `    at ${HOSTILE}` };
  const line = readable(fields, HOSTILE);
  expect(line.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
  // The message, and the frames of the stack.
  expect(line.split('\n')).toHaveLength(3);
});

it('a JSON line contains no raw control character, and keeps the text', () => {
  const line = json({ queue: HOSTILE });
  expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
  expect(JSON.parse(line)).toMatchObject({ level: 'info', msg: 'hello', queue: HOSTILE });
});
