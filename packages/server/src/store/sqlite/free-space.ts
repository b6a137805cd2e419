import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';

const CHECK_EVERY_MS = 1_000;

/** Whether the disk has less left than publishing may use; looked up once a second at most. */
export class FreeSpace {
  private readonly folder: string;
  private checkedAtMs = Number.NEGATIVE_INFINITY;
  private low = false;

  constructor(
    path: string,
    private readonly minFreeBytes: number,
  ) {
    this.folder = dirname(path);
  }

  isLow(nowMs: number): boolean {
    if (nowMs - this.checkedAtMs >= CHECK_EVERY_MS) {
      this.checkedAtMs = nowMs;
      const { bavail, bsize } = statfsSync(this.folder);
      this.low = bavail * bsize < this.minFreeBytes;
    }
    return this.low;
  }
}
