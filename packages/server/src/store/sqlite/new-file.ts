import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { StoreOpenError } from '../../core/store.js';
import { makeFile } from './file-modes.js';

/**
 * A file that gets its name when it is whole and on the disk. Until then it lies beside it, under a
 * name that says so.
 */
export class NewFile {
  readonly partial: string;

  /** @throws StoreOpenError when there is too little space for so much */
  constructor(
    readonly path: string,
    bytes: number,
  ) {
    const folder = dirname(path);
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < bytes) {
      throw new StoreOpenError(
        `${folder} has ${mebibytes(bavail * bsize)} free, and ${path} needs ${mebibytes(bytes)}.`,
      );
    }
    this.partial = `${path}.partial-${randomBytes(3).toString('hex')}`;
    makeFile(this.partial);
  }

  /** Gives it its name. What has that name by now stays as it is, and this one is refused. */
  finish(): void {
    syncPath(this.partial);
    try {
      linkSync(this.partial, this.path);
    } catch {
      // Not every file system has links.
      refuseExisting(this.path);
      renameSync(this.partial, this.path);
    }
    this.discard();
    syncPath(dirname(this.path));
  }

  /** Gives it its name in the place of the file that has it. */
  replace(): void {
    syncPath(this.partial);
    renameSync(this.partial, this.path);
    this.discard();
    syncPath(dirname(this.path));
  }

  /** Removes what earlier ones of this name have left that were killed. Nobody else may make one. */
  discardEarlier(): void {
    const prefix = `${basename(this.path)}.partial-`;
    for (const name of readdirSync(dirname(this.path))) {
      const file = join(dirname(this.path), name);
      if (name.startsWith(prefix) && !file.startsWith(this.partial)) rmSync(file, { force: true });
    }
  }

  /** Removes what is there of it. */
  discard(): void {
    for (const suffix of ['', '-wal', '-shm', '-journal']) {
      rmSync(this.partial + suffix, { force: true });
    }
  }
}

/** @throws StoreOpenError when there is a file of this name, or no folder for it */
export function refuseExisting(path: string): void {
  if (existsSync(path)) {
    throw new StoreOpenError(`${path} exists already. Name a file that does not.`);
  }
  if (!existsSync(dirname(path))) {
    throw new StoreOpenError(`The folder ${dirname(path)} does not exist.`);
  }
}

/** Has the system write a file, or the names in a folder, to the disk. */
export function syncPath(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
