import { expect, test } from 'vitest';
import { jsonLine } from './json-line.js';

test('a record is one line with the names of the API, and a payload keeps its text', () => {
  const payload = '{"id":\n\t12345678901234567890, "camelCase": 1}';
  const line = jsonLine({
    messageId: 'm',
    payload,
    headers: { camelCase: 'x' },
    receipt: undefined,
  });
  expect(line).toBe(
    '{"message_id":"m","payload":{"id": 12345678901234567890, "camelCase": 1},"headers":{"camelCase":"x"}}',
  );
});

test('no character of it can change a terminal, and it means the same', () => {
  const text = '\u001b[31m\u009b2J\u202e\u007f';
  const line = jsonLine({ payload: JSON.stringify(text), lastError: text });
  expect(line).toMatch(/^[\x20-\x7e]*$/);
  expect(JSON.parse(line)).toEqual({ payload: text, last_error: text });
});
