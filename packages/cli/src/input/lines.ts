import { TextDecoder } from 'node:util';
import { UsageError } from '../errors.js';

/** A payload may have 1 MiB; a longer line would only fill the memory. */
const MAX_LINE_CHARS = 2 ** 21;

export interface Line {
  /** Counted from 1. */
  readonly number: number;
  readonly text: string;
  /** Bytes of the input up to its end. */
  readonly endByte: number;
}

/** The lines of a stream of UTF-8, without those that are blank. They end with LF or CRLF. @throws UsageError */
export async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let number = 0;
  let endByte = 0;
  for await (const chunk of stream) {
    const lines = (rest + decoded(decoder, chunk, number)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      number += 1;
      endByte += Buffer.byteLength(line) + 1;
      const text = line.endsWith('\r') ? line.slice(0, -1) : line;
      if (text.trim() !== '') yield { number, text, endByte };
    }
    if (rest.length > MAX_LINE_CHARS) throw new UsageError(`line ${number + 1} is over 2 MiB`);
  }
  rest += decoded(decoder, undefined, number);
  endByte += Buffer.byteLength(rest);
  if (rest.trim() !== '') yield { number: number + 1, text: rest, endByte };
}

function decoded(decoder: TextDecoder, chunk: Buffer | undefined, linesBefore: number): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch {
    throw new UsageError(`the input is not UTF-8, at or after line ${linesBefore + 1}`);
  }
}
