import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Larger than any file of settings, secrets or certificates. Devices such as /dev/zero never end. */
const TEXT_MAX_BYTES = 1024 * 1024;

/**
 * Reads a small file, or a pipe such as a shell makes for `<(command)`.
 *
 * @param check gets the mode of the file before anything is read
 * @throws Error with a message that quotes nothing of the contents
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
    if (length > TEXT_MAX_BYTES) throw new Error('it is larger than 1 MiB');
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
  EACCES: `this user (uid ${process.getuid?.()}) may not read it; use chown to give it to the user that runs millrace`,
  ENOTDIR: 'a part of its path is a file, not a folder',
};
