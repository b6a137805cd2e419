import { fstatSync, writeSync } from 'node:fs';
import type { WriteStream } from 'node:tty';
import { wallMs } from '../core/clock.js';
import type { WriteText } from './logger.js';

const STDERR = 2;
/** Output that nobody reads is kept up to this size. */
const UNREAD_MAX_BYTES = 1024 * 1024;

/**
 * Writes to stderr so that a crash loses no line and a slow reader does not stop the server. A file is
 * written at once. A pipe is also written at once while it has room (Node makes pipes non-blocking);
 * after that, lines wait in memory, and beyond a bound they are dropped and counted. If the disk is
 * full the line is lost, and if the reader has gone all later lines are lost; the server goes on.
 *
 * @param lost makes the line that says how many lines were lost, and when the last one was
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

/** @returns whether the text was accepted */
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
  // The original `write`: `foreign-output.ts` replaces it, so that other output becomes lines.
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
