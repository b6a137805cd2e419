import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** More than any file of settings, secrets or certificates has; devices such as /dev/zero never end. */
const TEXT_MAX_BYTES = 1024 * 1024;

/**
 * The text of a small file, or of a pipe, as shells make of `<(command)`.
 *
 * @param check sees the mode before anything is read
 * @throws Error that says what the matter is, and nothing of what stands in it
 */
export function readText(path: string, check: (mode: number) => void = () => undefined): string {
  const file = open(path);
  try {
    const found = fstatSync(file);
    if (found.isDirectory()) throw new Error('it is a folder');
    check(found.mode);
    const bytes = Buffer.alloc(TEXT_MAX_BYTES + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(file, bytes, length, bytes.length - length, null);
    }
    if (length > TEXT_MAX_BYTES) throw new Error('it has more than 1 MiB');
    return bytes.toString('utf8', 0, length);
  } finally {
    closeSync(file);
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new Error(REASONS[code] ?? message);
  }
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: `this user (uid ${process.getuid?.()}) may not read it; give it to the user that runs millrace with chown`,
  ENOTDIR: 'a folder on the way to it is a file',
};
