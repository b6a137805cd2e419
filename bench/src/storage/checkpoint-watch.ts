import { statSync } from 'node:fs';
import { sqliteFile } from '../servers/sqlite-store-file.js';

const EVERY_MS = 1000;

/** Counts the seconds in which SQLite's file itself was written, which only checkpoints do. */
export function watchCheckpoints(storeUrl: string): { stop(): number } {
  const file = sqliteFile(storeUrl);
  let writtenMs = statSync(file).mtimeMs;
  let seconds = 0;
  const timer = setInterval(() => {
    const { mtimeMs } = statSync(file);
    if (mtimeMs !== writtenMs) seconds += 1;
    writtenMs = mtimeMs;
  }, EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      return seconds;
    },
  };
}
