import { describe, expect, it } from 'vitest';
import { LongAnswer } from './long-answer.js';

const readAll = async (answer: LongAnswer): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

describe('a long answer', () => {
  it.each([
    ['one piece', ['x'.repeat(300_000)]],
    ['many pieces', Array.from({ length: 50_000 }, (_, n) => `${n},`)],
    ['pieces of all lengths', ['a', '', 'b'.repeat(65_536), 'c'.repeat(65_535), '']],
    [
      'characters of two code units at every offset',
      ['é', '🙂'.repeat(70_000), 'x🙂'.repeat(50_000)],
    ],
    ['characters of three bytes', ['日本'.repeat(60_000)]],
  ])('is the text of its pieces: %s', async (_name, pieces) => {
    const answer = new LongAnswer(pieces);
    const text = pieces.join('');
    expect(answer.bytes).toBe(Buffer.byteLength(text));
    expect((await readAll(answer)) === text).toBe(true);
  });

  it('is encoded only as far as it is read', () => {
    const answer = new LongAnswer(['x'.repeat(10_000_000)]);
    answer.read(1);
    expect(answer.readableLength).toBeLessThan(200_000);
    answer.destroy();
  });
});
