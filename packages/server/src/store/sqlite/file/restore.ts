import {
  chownSync,
  closeSync,
  existsSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { wallMs } from '../../../core/clock.js';
import { StoreOpenError } from '../../../core/store/store.js';
import { type CopyProgress, makePlain } from './backup.js';
import { fileAt, preparePath } from './database-path.js';
import { lockStore } from './file-lock.js';
import { makeFile } from './file-modes.js';
import { inWordsOfDisk, isOutOfSpace, link, NewFile, syncPath } from './new-file.js';
import { readWalFirstPage } from './wal/wal-file.js';
import { refuseForeignWal } from './wal/wal-owner.js';

export interface RestoreOptions {
  /** A backup; it stays as it is. */
  readonly from: string;
  /** The file of the store; no server may be using it. */
  readonly path: string;
  readonly onProgress?: (progress: CopyProgress) => void;
}

export interface Restore {
  readonly path: string;
  readonly bytes: number;
  /** The new name of the file that was there before; null if there was none. */
  readonly putAside: string | null;
}

const CHUNK_BYTES = 1024 * 1024;

/**
 * Replaces the store with a backup. The copy is made next to it and checked before anything is changed.
 * The old file is kept under another name, with its WAL, and can be put back.
 *
 * @throws StoreOpenError with a message for the operator
 */
export function restore({ from, path: to, onProgress = () => {} }: RestoreOptions): Restore {
  const source = fileAt(from);
  const path = fileAt(to);
  if (!existsSync(source)) throw new StoreOpenError(`There is no backup at ${source}.`);
  if (!statSync(source).isFile()) throw new StoreOpenError(`${source} is not a file.`);
  if (statSync(source).size === 0) throw new StoreOpenError(`The backup ${source} is empty.`);
  if (source === path) throw new StoreOpenError('The backup is the store itself.');
  preparePath(path);
  // Held until the end, so that no server starts meanwhile.
  const unlock = lockStore(path);
  try {
    refuseLiveSource(source);
    const copy = checkedCopy(source, path, onProgress);
    const putAside = putInPlace(copy, path);
    return { path, bytes: statSync(path).size, putAside };
  } finally {
    unlock();
  }
}

/** The files of a running server cannot be copied consistently. */
function refuseLiveSource(source: string): void {
  if (existsSync(`${source}.lock`)) lockStore(source)();
}

/** A complete, checked copy of the backup, next to the store. */
function checkedCopy(
  source: string,
  path: string,
  onProgress: (progress: CopyProgress) => void,
): NewFile {
  refuseForeignWal(source);
  // Somebody may have copied the file of a running server together with its WAL.
  const suffixes = readWalFirstPage(`${source}-wal`) === 'none' ? [''] : ['', '-wal'];
  const sizes = suffixes.map((suffix) => statSync(source + suffix).size);
  const totalBytes = sizes.reduce((sum, size) => sum + size, 0);
  const copy = new NewFile(path, totalBytes);
  try {
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
    giveToOwner(copy.partial, path);
    return copy;
  } catch (error) {
    copy.discard();
    throw inWordsOfDisk(error, copy.partial);
  }
}

/** Reports a fault that is found in the copy as a fault of the backup. */
function inWordsOf<T>(source: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof StoreOpenError) {
      const inWords = message.replaceAll(/\S+\.partial-\d+/g, source);
      throw new StoreOpenError(inWords.replace('with --store.', 'with --from.'));
    }
    if (isOutOfSpace(error)) throw error;
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
 * Gives the copy the name of the store. A kill at any point leaves the old store, or the new one, or the
 * new one with the old WAL, which a start refuses.
 *
 * @returns the new name of the old file, which still has its WAL; null if there was no old file
 */
function putInPlace(copy: NewFile, path: string): string | null {
  const old = ['', '-wal', '-shm'].filter((suffix) => existsSync(path + suffix));
  const aside = unusedName(path);
  try {
    // Without hard links, there is a moment in which no file has the name of the store.
    if (old.includes('') && !link(path, aside)) renameSync(path, aside);
    copy.replace();
  } catch (error) {
    copy.discard();
    throw error;
  }
  for (const suffix of old) if (suffix !== '') renameSync(path + suffix, aside + suffix);
  syncPath(dirname(path));
  return old.length === 0 ? null : aside;
}

/** A name for which there is neither a file nor a WAL. */
function unusedName(path: string): string {
  const time = new Date(wallMs()).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  for (let count = 1; ; count += 1) {
    const name = `${path}.before-restore-${time}${count === 1 ? '' : `-${count}`}`;
    if (['', '-wal', '-shm'].every((suffix) => !existsSync(name + suffix))) return name;
  }
}

/** If root restores, the files are given to the user who owns the store. */
function giveToOwner(file: string, path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(existsSync(path) ? path : dirname(path));
  chownSync(file, uid, gid);
  chownSync(`${path}.lock`, uid, gid);
}
