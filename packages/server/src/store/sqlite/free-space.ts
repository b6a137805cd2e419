import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DiskSpace } from '../../core/storage-limits.js';

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

/** What is left on the disk where this file lies. */
export function freeBytesBeside(path: string): number {
  const { bavail, bsize } = statfsSync(dirname(path));
  return bavail * bsize;
}
