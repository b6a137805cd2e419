import { readText } from './read-text.js';

const OTHERS = 0o077;

/**
 * The store that a file names, which may hold a password.
 *
 * @throws Error that says why it cannot be taken, and nothing of what stands in it
 */
export function readStoreFile(path: string): string {
  const text = readText(path, (mode) => {
    // Windows has no such bits.
    const isOpen = process.platform !== 'win32' && (mode & OTHERS) !== 0;
    if (isOpen) throw new Error(`others may read it; run: chmod 600 ${path}`);
  }).trim();
  if (text === '') throw new Error('it is empty');
  return text;
}
