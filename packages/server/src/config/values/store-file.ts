import { readText } from './read-text.js';

const OTHERS = 0o077;

/**
 * Reads the store, which may contain a password, from a file.
 *
 * @throws Error with a message that quotes nothing of the contents
 */
export function readStoreFile(path: string): string {
  const text = readText(path, (mode) => {
    // Windows has no such permission bits.
    const isOpen = process.platform !== 'win32' && (mode & OTHERS) !== 0;
    if (isOpen) throw new Error(`other users have access to it; run: chmod 600 ${path}`);
  }).trim();
  if (text === '') throw new Error('it is empty');
  return text;
}
