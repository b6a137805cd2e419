import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import { median } from '../../comparison/median.js';
import { isInMemory } from '../../servers/stores.js';

const FSYNCS = 50;
const BLOCK_BYTES = 4096;

/** The state of the machine before the run. */
export interface Machine {
  node: string;
  kernel: string;
  cores: number;
  cpu: string;
  /** The load average of the last minute: above about 0.5, other work shares the cores. */
  load: number;
  isInMemory: boolean;
  /** The median time to write 4 KiB and sync them, in milliseconds. */
  fsyncMs: number;
}

export const describeMachine = (folder: string): Machine => ({
  node: process.version,
  kernel: release(),
  cores: availableParallelism(),
  cpu: cpus()[0]?.model ?? 'unknown',
  load: loadavg()[0] ?? 0,
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
