import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const END_PROCESS = new URL('../../dist/cli/process/end-process.js', import.meta.url).href;

describe.skipIf(process.platform === 'win32')('a process that ends at once', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-end-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /**
   * Runs a process with one thread that runs this code, and returns how the process ends.
   *
   * @param afterMs how long the thread may take to end
   */
  async function endOf(thread: string, afterMs = 30_000): Promise<unknown[]> {
    const path = join(folder, 'main.mjs');
    writeFileSync(
      path,
      `import { Worker } from 'node:worker_threads';
       import { endProcess, watchThreads } from '${END_PROCESS}';
       watchThreads();
       process.on('SIGINT', () => undefined);
       new Worker(${JSON.stringify(`require('node:worker_threads').parentPort.postMessage(1); ${thread}`)}, { eval: true })
         .once('message', () => setTimeout(endProcess, 1_500, 130, { signal: 'SIGINT', afterMs: ${afterMs} }));`,
    );
    return once(spawn(process.execPath, [path], { stdio: 'inherit' }), 'exit');
  }

  it('exits with its code if its threads can be ended', async () => {
    expect(await endOf('setInterval(() => undefined, 1_000)')).toEqual([130, null]);
    expect(await endOf('for (;;);')).toEqual([130, null]);
  });

  it('is ended by the signal if a thread cannot be ended, as on a disk that does not answer', async () => {
    const pipe = join(folder, 'pipe');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    const blocked = `require('node:fs').openSync('${pipe}', 'r')`;
    expect(await endOf(blocked, 300)).toEqual([null, 'SIGINT']);
  });
});
