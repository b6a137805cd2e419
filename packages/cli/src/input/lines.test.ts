import { expect, it } from 'vitest';
import { linesOf } from './lines.js';

async function* chunks(...texts: readonly string[]) {
  for (const text of texts) yield Buffer.from(text);
}

it('a line ends with LF or CRLF, and says where in the input', async () => {
  const lines = [];
  for await (const line of linesOf(chunks('a\r\nb ', '\r\r\n\n é\n', 'last'))) lines.push(line);
  expect(lines).toEqual([
    { number: 1, text: 'a', endByte: 3 },
    { number: 2, text: 'b \r', endByte: 8 },
    { number: 4, text: ' é', endByte: 13 },
    { number: 5, text: 'last', endByte: 17 },
  ]);
});
