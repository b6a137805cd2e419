import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../../comparison/median.js';
import { isInMemory } from '../../servers/stores.js';

const FSYNCS = 50;
const BLOCK_BYTES = 4096;

/** Where the data of all peers is. */
export interface Disk {
  isInMemory: boolean;
  /** The median time to write 4 KiB and sync them, in milliseconds. */
  fsyncMs: number;
}

export const describeDisk = (folder: string): Disk => ({
  isInMemory: isInMemory(folder),
  fsyncMs: measureFsync(folder),
});

function measureFsync(folder: string): number {
  const path = join(folder, 'fsync');
  const file = openSync(path, 'w');
  const block = Buffer.alloc(BLOCK_BYTES);
  try {
    const times = Array.from({ length: FSYNCS }, () => {
      const fromMs = performance.now();
      writeSync(file, block);
      fsyncSync(file);
      return performance.now() - fromMs;
    });
    return median(times);
  } finally {
    closeSync(file);
    rmSync(path);
  }
}
