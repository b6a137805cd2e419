import type { WriteStream } from 'node:tty';
import { withoutUserInfo } from '../core/fault.js';
import type { Log } from '../core/log.js';

const LINES_MAX = 50;
const LINE_MAX_CHARS = 1_000;

/**
 * Turns everything else that is written to the stream into lines of the log. The driver of PostgreSQL
 * writes warnings about its passfile there, and the output of threads ends up there too.
 */
export function logForeignOutput(stream: WriteStream, log: Log): void {
  const write = (chunk: Uint8Array | string, ...rest: unknown[]): boolean => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    for (const line of lines.slice(0, LINES_MAX)) {
      log.counted('warn', 'written to stderr', {
        text: withoutUserInfo(line.slice(0, LINE_MAX_CHARS)),
      });
    }
    const done = rest.at(-1);
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
  stream.write = write as WriteStream['write'];
}
