import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DiskSpace } from '../../../core/limits/storage-limits.js';
import type { Reserve } from './reserve.js';

/** After a write that found no room, so long nothing is added, whatever a look says. */
const OUT_FOR_MS = 1_000;

/**
 * How much the disk has left beside what the server may use. It is looked up for every commit group: a
 * fast publisher, or another process, fills a disk in less than a second.
 */
export class FreeSpace {
  private outUntilMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly minFreeBytes: number,
    private readonly readFreeBytes: () => number,
    private readonly reserve?: Reserve,
  ) {}

  at(nowMs: number): DiskSpace {
    const freeBytes = this.readFreeBytes();
    if (nowMs < this.outUntilMs) return 'very_low';
    if (this.reserve?.isMissing && freeBytes >= this.minFreeBytes + this.reserve.bytes) {
      this.reserve.make();
    }
    if (freeBytes >= this.minFreeBytes) return 'enough';
    return freeBytes >= this.minFreeBytes / 2 ? 'low' : 'very_low';
  }

  /** A write found no room. */
  ranOut(nowMs: number): void {
    this.outUntilMs = nowMs + OUT_FOR_MS;
  }

  /** @returns whether there was a reserve to give back */
  giveBackReserve(): boolean {
    return this.reserve?.giveBack() ?? false;
  }
}

/** What is left on the disk where this file lies. */
export function freeBytesBeside(path: string): number {
  const { bavail, bsize } = statfsSync(dirname(path));
  return bavail * bsize;
}
