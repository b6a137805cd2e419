import Database from 'better-sqlite3';
import { StoreOpenError } from '../../../core/store/store.js';
import { makeFile } from './file-modes.js';
import { faultOfNativeModule } from './native-module.js';

/**
 * Keeps a second server from using the same file. The lock is SQLite's own, on a small file next to it.
 * The operating system drops it with the process, however that ends, so there is no stale lock.
 */
export function lockStore(path: string): () => void {
  const lockPath = `${path}.lock`;
  try {
    makeFile(lockPath);
    const db = new Database(lockPath, { timeout: 0 });
    db.pragma('journal_mode = MEMORY');
    db.exec('BEGIN EXCLUSIVE');
    return () => db.close();
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    // This is the first use of SQLite in a start.
    const fault = faultOfNativeModule(error as Error);
    if (fault !== undefined) throw new StoreOpenError(fault);
    if (code?.startsWith('SQLITE_BUSY')) {
      throw new StoreOpenError(
        `${path} is held open by another millrace server. Stop that one, or name another file with --store.`,
      );
    }
    throw new StoreOpenError(`${lockPath} cannot be locked: ${message}.`);
  }
}
