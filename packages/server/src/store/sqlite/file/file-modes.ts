import { closeSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** What others on this machine may do with a file or a folder. */
const OTHERS = 0o077;
/** In such a folder, as /tmp, nobody can take the place of another one's file. */
const STICKY = 0o1000;
/** What a store makes is for its owner alone. */
export const MODE = { folder: 0o700, file: 0o600 };

/**
 * Makes an empty file where there is none, for its owner alone: SQLite would make it with whatever
 * the umask leaves, and gives the files beside it the mode of this one. One that is there is not
 * opened, because closing it again would drop the locks that this process has on it.
 */
export function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', MODE.file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** The commands that close what a store keeps to others; none where that is so already. */
export function widerThanNeeded(path: string): string[] {
  // Windows has no such bits.
  if (process.platform === 'win32') return [];
  const folder = dirname(path);
  const files = ['', '-wal', '-shm', '.lock', '-reserve'].map((suffix) => path + suffix);
  return [
    ...(isWider(folder) && !isShared(folder) ? [`chmod 700 ${folder}`] : []),
    ...files.filter(isWider).map((file) => `chmod 600 ${file}`),
  ];
}

const modeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
const isWider = (path: string): boolean => (modeOf(path) & OTHERS) !== 0;
const isShared = (folder: string): boolean => (modeOf(folder) & STICKY) !== 0;
