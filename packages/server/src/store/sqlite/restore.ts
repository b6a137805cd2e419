import {
  closeSync,
  existsSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { wallMs } from '../../core/clock.js';
import { StoreOpenError } from '../../core/store.js';
import { type CopyProgress, makePlain } from './backup.js';
import { makeFile } from './file-modes.js';
import { lockStore } from './folder-lock.js';
import { NewFile, syncPath } from './new-file.js';
import { hasWal, refuseForeignWal } from './wal-owner.js';

export interface RestoreOptions {
  /** A backup; it stays as it is. */
  readonly from: string;
  /** The file of the store, which no server may be using. */
  readonly path: string;
  readonly onProgress?: (progress: CopyProgress) => void;
}

export interface Restore {
  readonly path: string;
  readonly bytes: number;
  /** Where the files are that were there before; null where there were none. */
  readonly putAside: string | null;
}

const CHUNK_BYTES = 1024 * 1024;

/**
 * Puts a backup in the place of the store. The copy is made beside it and checked before anything is
 * changed; what was there is put aside under another name, with its WAL, and can be put back.
 *
 * @throws StoreOpenError with a message for the operator
 */
export function restore({ from, path: to, onProgress = () => {} }: RestoreOptions): Restore {
  const source = resolve(from);
  const path = resolve(to);
  if (!existsSync(source)) throw new StoreOpenError(`There is no backup at ${source}.`);
  if (!statSync(source).isFile()) throw new StoreOpenError(`${source} is not a file.`);
  if (source === path) throw new StoreOpenError('The backup is the store itself.');
  // Held to the end, so that no server starts meanwhile.
  const unlock = lockStore(path);
  try {
    const copy = checkedCopy(source, path, onProgress);
    const putAside = putInPlace(copy, path);
    return { path, bytes: statSync(path).size, putAside };
  } finally {
    unlock();
  }
}

/** A copy of the backup beside the store, whole and sound. */
function checkedCopy(
  source: string,
  path: string,
  onProgress: (progress: CopyProgress) => void,
): NewFile {
  refuseForeignWal(source);
  // Somebody may have copied the file of a running server together with its WAL.
  const suffixes = hasWal(source) ? ['', '-wal'] : [''];
  const sizes = suffixes.map((suffix) => statSync(source + suffix).size);
  const totalBytes = sizes.reduce((sum, size) => sum + size, 0);
  const copy = new NewFile(path, totalBytes);
  try {
    copy.discardEarlier();
    let doneBytes = 0;
    for (const suffix of suffixes) {
      copyFile(source + suffix, copy.partial + suffix, (bytes) => {
        doneBytes += bytes;
        onProgress({ step: 'copy', doneBytes, totalBytes });
      });
    }
    onProgress({ step: 'check', doneBytes, totalBytes });
    const fault = inWordsOf(source, () => makePlain(copy.partial));
    if (fault !== null) throw new StoreOpenError(`The backup ${source} is damaged (${fault}).`);
    return copy;
  } catch (error) {
    copy.discard();
    throw error;
  }
}

/** A fault that is found in the copy is one of the backup. */
function inWordsOf<T>(source: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof StoreOpenError) {
      throw new StoreOpenError(message.replaceAll(/\S+\.partial-[0-9a-f]{6}/g, source));
    }
    throw new StoreOpenError(`The backup ${source} is damaged (${message}).`);
  }
}

function copyFile(from: string, to: string, copied: (bytes: number) => void): void {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  makeFile(to);
  const input = openSync(from, 'r');
  const output = openSync(to, 'r+');
  try {
    for (;;) {
      const bytes = readSync(input, chunk, 0, CHUNK_BYTES, null);
      if (bytes === 0) return;
      writeAll(output, chunk.subarray(0, bytes));
      copied(bytes);
    }
  } finally {
    closeSync(input);
    closeSync(output);
  }
}

function writeAll(file: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

/**
 * The copy takes the name of the store. A kill at any point leaves the old store, or the new one, or
 * the new one beside the old WAL, which a start refuses.
 *
 * @returns the name that the old files have now, with their WAL beside them; null without any
 */
function putInPlace(copy: NewFile, path: string): string | null {
  const old = ['', '-wal', '-shm'].filter((suffix) => existsSync(path + suffix));
  const time = new Date(wallMs()).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const aside = `${path}.before-restore-${time}`;
  try {
    if (old.includes('')) giveName(path, aside);
    copy.replace();
  } catch (error) {
    copy.discard();
    throw error;
  }
  for (const suffix of old) if (suffix !== '') renameSync(path + suffix, aside + suffix);
  syncPath(dirname(path));
  return old.length === 0 ? null : aside;
}

/** One more name for a file, or where the file system has no such thing, another one. */
function giveName(path: string, name: string): void {
  try {
    linkSync(path, name);
  } catch {
    renameSync(path, name);
  }
}
