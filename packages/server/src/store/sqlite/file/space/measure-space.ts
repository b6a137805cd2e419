import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { StoreSpace } from '../../../../core/store/store.js';

/** @param path the file of the database */
export async function measureSpace(path: string): Promise<StoreSpace> {
  const [{ bavail, bsize }, wal] = await Promise.all([
    statfs(dirname(path)),
    // The last connection that closes removes it.
    stat(`${path}-wal`).catch(() => ({ size: 0 })),
  ]);
  return { diskFreeBytes: bavail * bsize, walBytes: wal.size };
}
