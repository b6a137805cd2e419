import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';

const OTHERS = 0o077;

/**
 * The store that a file names, which may hold a password.
 *
 * @throws Error that says why it cannot be taken, and nothing of what stands in it
 */
export function readStoreFile(path: string): string {
  const file = openSync(path, 'r');
  try {
    // Windows has no such bits.
    const isOpen = process.platform !== 'win32' && (fstatSync(file).mode & OTHERS) !== 0;
    if (isOpen) throw new Error(`others may read it; run: chmod 600 ${path}`);
    const text = readFileSync(file, 'utf8').trim();
    if (text === '') throw new Error('it is empty');
    return text;
  } finally {
    closeSync(file);
  }
}
