import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseIn } from '../../config/dev/dev-config.js';

const PREFIX = 'millrace-dev-';

/** A folder that is removed when the process exits, also after a signal or a failed start. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** Removes the folders of servers that were killed, which could not do it themselves. */
export async function removeFoldersLeft(own: string): Promise<void> {
  const { lockStore } = await import('../../store/sqlite/file/file-lock.js');
  const names = await readdir(tmpdir());
  for (const name of names.filter((one) => one.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name);
    // A server holds the lock before it makes its database, and as long as it lives.
    if (folder === own || !existsSync(databaseIn(folder))) continue;
    try {
      const unlock = lockStore(databaseIn(folder));
      await rm(folder, { recursive: true, force: true }).finally(unlock);
    } catch {
      // It is in use, or somebody else's.
    }
  }
}
