import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DiskSpace } from '../../../../core/limits/storage-limits.js';
import type { Reserve } from './reserve.js';

/** How long nothing is added after a write found no room, whatever the file system reports. */
const OUT_FOR_MS = 1_000;

/**
 * Whether the disk has more free space than the server must leave. It is checked for every commit group:
 * a fast publisher, or another process, can fill a disk in less than a second.
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
    if (this.reserve?.isIncomplete && freeBytes >= this.minFreeBytes + this.reserve.bytes) {
      this.reserve.make();
    }
    if (freeBytes >= this.minFreeBytes) return 'enough';
    return freeBytes >= this.minFreeBytes / 2 ? 'low' : 'very_low';
  }

  /** Called when a write found no room. */
  ranOut(nowMs: number): void {
    this.outUntilMs = nowMs + OUT_FOR_MS;
  }

  /** Gives back some of the reserve. @returns whether there was any */
  giveBackReserve(): boolean {
    return this.reserve?.giveBackChunk() ?? false;
  }
}

/** The free bytes of the disk that this file is on. */
export function freeBytesBeside(path: string): number {
  const { bavail, bsize } = statfsSync(dirname(path));
  return bavail * bsize;
}
