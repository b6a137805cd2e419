import { fstatSync, writeSync } from 'node:fs';
import type { WriteStream } from 'node:tty';
import { wallMs } from '../core/clock.js';
import type { WriteText } from './logger.js';

const STDERR = 2;
/** What nobody reads is kept up to this size. */
const UNREAD_MAX_BYTES = 1024 * 1024;

/**
 * Writes to stderr so that neither a crash loses a line nor a reader stops the server. To a file it
 * writes at once. A pipe is written to at once as well, as far as it has room (Node makes pipes
 * non-blocking); what finds none waits in memory, and beyond a bound is dropped and counted. A disk
 * that is full loses the line, and a reader that has gone loses all that follows; the server goes on.
 *
 * @param lost makes the line that says how many were lost, and when the last of them was
 */
export function stderrSink(
  stream: WriteStream,
  lost: (lines: number, lastAtMs: number) => string,
): WriteText {
  const write = isFile() ? toFile : toStream(stream);
  let lostLines = 0;
  let lastLostAtMs = 0;
  return (text) => {
    if (lostLines > 0 && write(lost(lostLines, lastLostAtMs))) lostLines = 0;
    if (lostLines === 0 && write(text)) return;
    lostLines += 1;
    lastLostAtMs = wallMs();
  };
}

function isFile(): boolean {
  try {
    return fstatSync(STDERR).isFile();
  } catch {
    return false;
  }
}

/** @returns whether it was taken */
type TryWrite = (text: string) => boolean;

const toFile: TryWrite = (text) => {
  try {
    writeSync(STDERR, text);
    return true;
  } catch {
    return false;
  }
};

function toStream(stream: WriteStream): TryWrite {
  // Kept as it is: what others write to the stream becomes lines, see `foreign-output.ts`.
  const write = stream.write.bind(stream);
  let isClosed = false;
  stream.on('error', () => {
    isClosed = true;
  });
  return (text) => {
    if (isClosed || stream.writableLength + text.length > UNREAD_MAX_BYTES) return false;
    write(text);
    return true;
  };
}
