import { closeSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** The permission bits of other users of this machine. */
const OTHERS = 0o077;
/** In a folder with this bit, such as /tmp, nobody can replace another user's file. */
const STICKY = 0o1000;
/** Files and folders that a store creates are accessible to their owner only. */
export const MODE = { folder: 0o700, file: 0o600 };

/**
 * Creates an empty file if there is none, accessible to its owner only: SQLite would create it with the
 * mode that the umask leaves, and gives the files next to it the same mode. An existing file is not
 * opened, because closing it again would drop the locks that this process has on it.
 */
export function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', MODE.file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** The commands that deny other users access to a store's files; none if they have no access. */
export function widerThanNeeded(path: string): string[] {
  // Windows has no permission bits.
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
