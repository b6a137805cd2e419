export interface Answer {
  status: number;
  /** Valid only until the next `push`: it may be a view of the socket's read buffer. */
  body: Buffer;
}

/**
 * Reads one HTTP/1.1 answer at a time. It knows only what a queue server needs: a status, a
 * Content-Length and a body. Anything else throws, because a benchmark must not guess.
 */
export class AnswerParser {
  #pending: Buffer | undefined;

  push(chunk: Buffer): Answer | undefined {
    const bytes = this.#pending ? Buffer.concat([this.#pending, chunk]) : chunk;
    const answer = parse(bytes);
    if (answer) this.#pending = undefined;
    // The next read overwrites the buffer of this chunk, so an incomplete answer is copied.
    else this.#pending = this.#pending ? bytes : Buffer.from(chunk);
    return answer;
  }
}

function parse(bytes: Buffer): Answer | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n', 0, 'latin1');
  if (headEnd < 0) return undefined;
  const head = bytes.toString('latin1', 0, headEnd);
  const length = /\r\ncontent-length:[ \t]*(\d+)/i.exec(head)?.[1];
  if (!head.startsWith('HTTP/1.1 ') || length === undefined) {
    throw new Error(`not an HTTP/1.1 answer with a Content-Length:\n${head}`);
  }
  const bodyStart = headEnd + 4;
  const bodyEnd = bodyStart + Number(length);
  if (bytes.length < bodyEnd) return undefined;
  if (bytes.length > bodyEnd) throw new Error(`bytes after the end of an answer:\n${head}`);
  return { status: Number(head.slice(9, 12)), body: bytes.subarray(bodyStart, bodyEnd) };
}
