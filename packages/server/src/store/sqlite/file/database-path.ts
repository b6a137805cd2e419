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

/** SQLite allows 512 bytes, including the suffixes of the files next to the database. */
const PATH_MAX_BYTES = 480;
/** The suffixes of the database and of the files next to it. */
const SUFFIXES = ['', '-wal', '-shm', '.lock', '-reserve'];

/**
 * The file that a path leads to through links. SQLite puts the WAL next to that file, and the lock must
 * be there too, or a second server could start under another name.
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
    // It does not exist, or a later check reports what is wrong with its folder.
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
 * Creates the folder of a store and checks that the store can be there, before SQLite is asked: its
 * errors about a folder, a device or somebody else's file do not say what to do.
 *
 * @throws StoreOpenError that names the folder or the file and the remedy
 */
export function preparePath(path: string): void {
  if (Buffer.byteLength(path) > PATH_MAX_BYTES) {
    throw new StoreOpenError(
      `The path ${path} is too long: SQLite allows ${PATH_MAX_BYTES} bytes. ${remedy()}`,
    );
  }
  const folder = dirname(path);
  makeFolder(folder);
  for (const suffix of SUFFIXES) checkFile(path + suffix, suffix !== '');
  // The WAL and the lock are created next to the database. Not every writable folder can contain new
  // files, /proc for example.
  explained(`The folder ${folder}`, folder, () => {
    accessSync(folder, constants.W_OK | constants.X_OK);
    makeFile(`${path}.lock`);
  });
}

/**
 * Creates missing folders, accessible to their owner only. Node's recursive mkdir never ends if an
 * existing folder allows no new ones, as in /proc.
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
      `${existing} is a file, so it cannot contain a store. Name a file in a folder with --store.`,
    );
  }
  for (const each of missing) {
    explained(`The folder ${each} cannot be created: ${dirname(each)}`, dirname(each), () => {
      try {
        mkdirSync(each, MODE.folder);
      } catch (error) {
        // Another process may have created it at the same moment; a link that leads nowhere is no
        // folder.
        if (statOf(each)?.isDirectory() !== true) throw error;
      }
    });
  }
}

/** Allows only a regular file that this user may read and write, or no file. */
function checkFile(path: string, isBeside: boolean): void {
  const found = statOf(path);
  if (found === undefined) return;
  if (found.isDirectory()) {
    throw new StoreOpenError(
      isBeside
        ? `${path} is a folder, but the store needs a file there. ${remedy('Move it away')}`
        : `${path} is a folder. Name a file in it: --store sqlite:${path}/millrace.db`,
    );
  }
  if (!found.isFile()) {
    throw new StoreOpenError(
      `${path} is ${kindOf(found)}, but a store must be a regular file. ${remedy()}`,
    );
  }
  explained(path, path, () => accessSync(path, constants.R_OK | constants.W_OK));
}

function kindOf(found: Stats): string {
  if (found.isFIFO()) return 'a pipe';
  return found.isSocket() ? 'a socket' : 'a device';
}

/** Also undefined if this user has no access. */
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
        `cannot be written by this user (${whose(place)})`,
        'Give it to the user that runs millrace (chown)',
      ];
    case 'EPERM':
      return ['cannot be changed by any user'];
    case 'EROFS':
      return ['is on a read-only file system', 'Mount it for writing'];
    case 'ENOENT':
      return ['cannot contain the files of a store: it is not a folder on a disk'];
    case 'EEXIST':
      return ['contains a link of that name that leads nowhere', 'Remove the link'];
    case 'ENOSPC':
      return ['has no room left', 'Make room on the disk'];
    case 'EDQUOT':
      return ['has no room left for this user', 'Raise its quota'];
    case 'ENAMETOOLONG':
      return ['does not allow a name of that length'];
  }
  return undefined;
}

function whose(place: string): string {
  const mine = process.getuid?.();
  const owner = statOf(place)?.uid;
  return owner === undefined ? `uid ${mine}` : `uid ${mine}; it belongs to uid ${owner}`;
}
