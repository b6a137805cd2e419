import {
  accessSync,
  constants,
  lstatSync,
  mkdirSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { StoreOpenError } from '../../../core/store/store.js';
import { MODE, makeFile } from './file-modes.js';

/** SQLite takes 512 bytes, with the endings of the files beside the database. */
const PATH_MAX_BYTES = 480;
/** The database and what lies beside it. */
const SUFFIXES = ['', '-wal', '-shm', '.lock', '-reserve'];

/**
 * The file itself, where a path leads to it by links: SQLite puts the WAL beside that, and so must
 * the lock be, or a second server could start by another name.
 *
 * @throws StoreOpenError for a link that leads nowhere
 */
export function fileAt(path: string): string {
  const absolute = resolve(path);
  const folder = realPathOf(dirname(absolute)) ?? dirname(absolute);
  const named = join(folder, basename(absolute));
  const file = realPathOf(named);
  if (file === undefined && isLink(named)) {
    throw new StoreOpenError(`${named} is a link that leads nowhere. ${remedy('Remove the link')}`);
  }
  return file ?? named;
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    // It is not there, or what is wrong with its folder is told later.
    return false;
  }
}

function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/**
 * Makes the folder of a store and sees that the store can lie there, before SQLite is asked: what
 * that says of a folder, of a device or of somebody else's file tells nobody what to do.
 *
 * @throws StoreOpenError that names the folder or the file and the remedy
 */
export function preparePath(path: string): void {
  if (Buffer.byteLength(path) > PATH_MAX_BYTES) {
    throw new StoreOpenError(
      `The path ${path} is too long: SQLite takes ${PATH_MAX_BYTES} bytes. ${remedy()}`,
    );
  }
  const folder = dirname(path);
  makeFolder(folder);
  for (const suffix of SUFFIXES) checkFile(path + suffix, suffix !== '');
  // The log and the lock come and go beside the database. Not every folder that may be written
  // takes a file, as /proc shows.
  explained(`The folder ${folder}`, folder, () => {
    accessSync(folder, constants.W_OK | constants.X_OK);
    makeFile(`${path}.lock`);
  });
}

/**
 * Makes the folders that are missing, for their owner alone. Node's own way never ends where a folder
 * that is there takes no new ones, as in /proc.
 */
export function makeFolder(folder: string): void {
  const missing: string[] = [];
  let existing = folder;
  while (statOf(existing) === undefined && dirname(existing) !== existing) {
    missing.unshift(existing);
    existing = dirname(existing);
  }
  if (statOf(existing)?.isDirectory() === false) {
    throw new StoreOpenError(
      `${existing} is a file, so that no store can lie in it. Name a file in a folder with --store.`,
    );
  }
  for (const each of missing) {
    explained(`The folder ${each} cannot be made: ${dirname(each)}`, dirname(each), () => {
      try {
        mkdirSync(each, MODE.folder);
      } catch (error) {
        // Another process made it at the same moment; a link that leads nowhere is no folder.
        if (statOf(each)?.isDirectory() !== true) throw error;
      }
    });
  }
}

/** Only an ordinary file, or none, that this user may read and write. */
function checkFile(path: string, isBeside: boolean): void {
  const found = statOf(path);
  if (found === undefined) return;
  if (found.isDirectory()) {
    throw new StoreOpenError(
      isBeside
        ? `${path} is a folder, where the store needs a file. ${remedy('Move it away')}`
        : `${path} is a folder. Name a file in it: --store sqlite:${path}/millrace.db`,
    );
  }
  if (!found.isFile()) {
    throw new StoreOpenError(`${path} is ${kindOf(found)}, where a store is a file. ${remedy()}`);
  }
  explained(path, path, () => accessSync(path, constants.R_OK | constants.W_OK));
}

function kindOf(found: Stats): string {
  if (found.isFIFO()) return 'a pipe';
  return found.isSocket() ? 'a socket' : 'a device';
}

/** Undefined also where this user may not look. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

const remedy = (first?: string): string =>
  first === undefined
    ? 'Name another file with --store.'
    : `${first}, or name another file with --store.`;

function explained(subject: string, place: string, attempt: () => void): void {
  try {
    attempt();
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const [why, first] = reasonOf(code, place) ?? [`cannot be used: ${message}`];
    throw new StoreOpenError(`${subject} ${why}. ${remedy(first)}`);
  }
}

function reasonOf(code: string, place: string): [why: string, remedy?: string] | undefined {
  switch (code) {
    case 'EACCES':
      return [
        `may not be written by this user (${whose(place)})`,
        'Give it to the user that runs millrace with chown',
      ];
    case 'EPERM':
      return ['takes no changes, whoever makes them'];
    case 'EROFS':
      return ['lies on a file system that can only be read', 'Mount it for writing'];
    case 'ENOENT':
      return ['takes no files of ours: it is no folder on a disk'];
    case 'EEXIST':
      return ['has a link of that name that leads nowhere', 'Remove the link'];
    case 'ENOSPC':
      return ['has no room left', 'Make room on the disk'];
    case 'EDQUOT':
      return ['has no room left for this user', 'Raise its quota'];
    case 'ENAMETOOLONG':
      return ['takes no name of that length'];
  }
  return undefined;
}

function whose(place: string): string {
  const mine = process.getuid?.();
  const owner = statOf(place)?.uid;
  return owner === undefined ? `uid ${mine}` : `uid ${mine}; it belongs to uid ${owner}`;
}
