import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DiskSpace } from '../../core/storage-limits.js';
import { WAL_LIMIT_BYTES } from './space.js';

const CHECK_EVERY_MS = 1_000;

/** How much the disk has left beside what the server may use; looked up once a second at most. */
export class FreeSpace {
  private checkedAtMs = Number.NEGATIVE_INFINITY;
  private left: DiskSpace = 'enough';

  constructor(
    private readonly minFreeBytes: number,
    private readonly readFreeBytes: () => number,
  ) {}

  at(nowMs: number): DiskSpace {
    if (nowMs - this.checkedAtMs >= CHECK_EVERY_MS) {
      this.checkedAtMs = nowMs;
      this.left = this.judge(this.readFreeBytes());
    }
    return this.left;
  }

  private judge(freeBytes: number): DiskSpace {
    if (freeBytes >= this.minFreeBytes) return 'enough';
    return freeBytes >= this.minFreeBytes / 2 ? 'low' : 'very_low';
  }
}

/**
 * What is left on the disk where this file lies. A WAL that has outgrown its bounds has to be copied
 * into the file still, which takes as much once more.
 */
export function freeBytesBeside(path: string): number {
  const { bavail, bsize } = statfsSync(dirname(path));
  const walBytes = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  return bavail * bsize - Math.max(0, walBytes - WAL_LIMIT_BYTES);
}
