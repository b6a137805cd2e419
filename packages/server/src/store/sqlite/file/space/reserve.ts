import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { MODE } from '../file-modes.js';

const RESERVE_BYTES_MAX = 16 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;

export const RESERVE_SUFFIX = '-reserve';

/**
 * Space that a file next to the database reserves, and that is given back when the disk is full: other
 * processes may fill the disk, and settling needs a little room to go on. It is given back a chunk at a
 * time: a process that is still filling the disk may take a chunk before SQLite does, but not all of them.
 */
export class Reserve {
  readonly bytes: number;
  private readonly path: string;
  private heldBytes: number;

  constructor(path: string, minFreeBytes: number) {
    this.path = path + RESERVE_SUFFIX;
    this.bytes = Math.min(minFreeBytes, RESERVE_BYTES_MAX);
    const size = statSync(this.path, { throwIfNoEntry: false })?.size;
    this.heldBytes = size === this.bytes ? size : 0;
    // Removes a reserve that a kill left incomplete, or that has another size.
    if (size !== undefined && this.heldBytes === 0) this.remove();
  }

  get isIncomplete(): boolean {
    return this.heldBytes < this.bytes;
  }

  /** Creates the reserve; if that fails, the store works without one. */
  make(): void {
    try {
      this.write();
      this.heldBytes = this.bytes;
    } catch {
      this.remove();
    }
  }

  /** @returns whether there was something to give back */
  giveBackChunk(): boolean {
    if (this.heldBytes === 0) return false;
    const leftBytes = Math.max(0, this.heldBytes - CHUNK_BYTES);
    if (leftBytes > 0 && this.truncate(leftBytes)) this.heldBytes = leftBytes;
    else this.remove();
    return true;
  }

  giveBack(): void {
    if (this.heldBytes > 0) this.remove();
  }

  private remove(): void {
    this.heldBytes = 0;
    rmSync(this.path, { force: true });
  }

  /** Fails if somebody has removed the file. */
  private truncate(bytes: number): boolean {
    try {
      truncateSync(this.path, bytes);
      return true;
    } catch {
      return false;
    }
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
