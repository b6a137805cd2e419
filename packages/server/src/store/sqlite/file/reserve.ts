import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { MODE } from './file-modes.js';

const RESERVE_BYTES_MAX = 16 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;

export const RESERVE_SUFFIX = '-reserve';

/**
 * Space that a file next to the database reserves, and that is given back when the disk is full: other
 * processes may fill the disk, and settling needs a little room to go on.
 */
export class Reserve {
  readonly bytes: number;
  private readonly path: string;
  private isThere: boolean;

  constructor(path: string, minFreeBytes: number) {
    this.path = path + RESERVE_SUFFIX;
    this.bytes = Math.min(minFreeBytes, RESERVE_BYTES_MAX);
    const size = statSync(this.path, { throwIfNoEntry: false })?.size;
    this.isThere = size === this.bytes && size > 0;
    // Removes a reserve that a kill left incomplete, or that has another size.
    if (size !== undefined && !this.isThere) rmSync(this.path, { force: true });
  }

  get isMissing(): boolean {
    return !this.isThere && this.bytes > 0;
  }

  /** Creates the reserve; if that fails, the store works without one. */
  make(): void {
    try {
      this.write();
      this.isThere = true;
    } catch {
      rmSync(this.path, { force: true });
    }
  }

  /** @returns whether there was a reserve to give back */
  giveBack(): boolean {
    if (!this.isThere) return false;
    this.isThere = false;
    rmSync(this.path, { force: true });
    return true;
  }

  private write(): void {
    const file = openSync(this.path, 'w', MODE.file);
    try {
      // A compressing file system would reserve no space for zeros.
      const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, this.bytes));
      for (let left = this.bytes; left > 0; ) {
        randomFillSync(chunk);
        left -= writeSync(file, chunk, 0, Math.min(chunk.length, left));
      }
    } finally {
      closeSync(file);
    }
  }
}
