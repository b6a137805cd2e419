import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { StoreOpenError } from '../../../core/store/store.js';
import { makeFile } from './file-modes.js';

/** Followed by the id of the process that creates the file. */
const PARTIAL = '.partial-';

/**
 * A file that gets its name once it is complete and on the disk. Until then it is in the same folder
 * under a name that marks it as partial.
 */
export class NewFile {
  readonly partial: string;

  /** @throws StoreOpenError when there is too little space for this many bytes */
  constructor(
    readonly path: string,
    bytes: number,
  ) {
    const folder = dirname(path);
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < bytes) {
      throw new StoreOpenError(
        `${folder} has ${mebibytes(bavail * bsize)} free, but ${path} needs ${mebibytes(bytes)}.`,
      );
    }
    this.partial = `${path}${PARTIAL}${process.pid}`;
    this.discardDead();
    makeFile(this.partial);
  }

  /**
   * Gives the file its name. If another file has the name by now, that one stays and this one is
   * refused.
   */
  finish(): void {
    syncPath(this.partial);
    if (!link(this.partial, this.path)) {
      refuseExisting(this.path);
      renameSync(this.partial, this.path);
    }
    this.discard();
    syncPath(dirname(this.path));
  }

  /** Gives the file its name, and replaces the file that has it. */
  replace(): void {
    syncPath(this.partial);
    renameSync(this.partial, this.path);
    this.discard();
    syncPath(dirname(this.path));
  }

  /** Removes partial files of this name that killed processes have left. */
  private discardDead(): void {
    const prefix = basename(this.path) + PARTIAL;
    for (const name of readdirSync(dirname(this.path))) {
      if (!name.startsWith(prefix)) continue;
      const pid = Number.parseInt(name.slice(prefix.length), 10);
      const isLeft = pid === process.pid || !isRunning(pid);
      if (isLeft) rmSync(join(dirname(this.path), name), { force: true });
    }
  }

  /** Removes the partial file. */
  discard(): void {
    for (const suffix of ['', '-wal', '-shm', '-journal']) {
      rmSync(this.partial + suffix, { force: true });
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user exists, but may not be signalled.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Adds a name for a file (a hard link). @returns false if the file system has no hard links
 *
 * @throws StoreOpenError when something has that name
 */
export function link(path: string, name: string): boolean {
  try {
    linkSync(path, name);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') refuseExisting(name);
    if (['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) return false;
    throw error;
  }
}

/** @throws StoreOpenError when something has this name, or when its folder does not exist */
export function refuseExisting(path: string): void {
  // A link that leads nowhere counts too.
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) {
    throw new StoreOpenError(`${path} exists already. Name a file that does not.`);
  }
  if (!existsSync(dirname(path))) {
    throw new StoreOpenError(`The folder ${dirname(path)} does not exist.`);
  }
}

/** Makes the system write a file, or the names in a folder, to the disk. */
export function syncPath(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;

export const isOutOfSpace = (error: unknown): boolean =>
  /^(SQLITE_FULL|ENOSPC|EDQUOT)$/.test(String((error as { code?: unknown }).code));

/** Turns an error of the disk into a message for the operator; returns other errors unchanged. */
export function inWordsOfDisk(error: unknown, path: string): unknown {
  const { code, message } = error as { code?: unknown; message: string };
  if (isOutOfSpace(error)) {
    return new StoreOpenError(`There is no space left in ${dirname(path)}; nothing was changed.`);
  }
  const isTold = error instanceof StoreOpenError || typeof code !== 'string';
  return isTold ? error : new StoreOpenError(`${path} cannot be written: ${message}.`);
}
