import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { killOnExit } from './child-process.js';
import { sqliteFile } from './sqlite-store-file.js';

export interface BackupRun {
  bytes: number;
  durationMs: number;
}

const mainFile = fileURLToPath(new URL('../../../packages/server/dist/main.js', import.meta.url));

/** Makes a backup next to the store with the real command, and removes it again. */
export async function runBackup(storeUrl: string): Promise<BackupRun> {
  const to = `${sqliteFile(storeUrl)}.backup`;
  const args = [mainFile, 'backup', '--json', '--store', storeUrl, '--to', to];
  try {
    const run = promisify(execFile)(process.execPath, args);
    killOnExit(run.child);
    const { bytes, duration_ms } = JSON.parse((await run).stdout) as {
      bytes: number;
      duration_ms: number;
    };
    return { bytes, durationMs: duration_ms };
  } finally {
    rmSync(to, { force: true });
  }
}
