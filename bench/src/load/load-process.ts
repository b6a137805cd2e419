import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { killOnExit } from '../servers/child-process.js';
import type { LoadResult, TallyLimits } from './load-tally.js';
import type { Traffic } from './traffic.js';

/** A load run as plain data, so that it can be sent to another process. */
export interface LoadJob extends TallyLimits {
  port: number;
  connections: number;
  traffic: Traffic;
  progressEveryMs?: number;
}

/** What a process that makes load says: how far it is, and in the end what it saw. */
export type LoadReport = { completed: number } | { result: LoadResult };

/**
 * Runs a job in a process of its own, so that the generator's garbage collection and event loop
 * are nobody else's. Any failed request fails the whole run: its numbers would mean nothing.
 */
export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const result = await runLoadWithFailures(job);
  if (result.errors > 0 || result.nonSuccess > 0) {
    throw new Error(
      `${result.errors} of ${job.connections} connections failed ` +
        `(first: ${result.firstError ?? 'none'}); ` +
        `${result.nonSuccess} of ${result.answered} answers were no success ` +
        `(first: ${result.firstBadAnswer ?? 'none'})`,
    );
  }
  return result;
}

/** The same for a run so long that a failure is a finding rather than its end. */
export function runLoadWithFailures(
  job: LoadJob,
  onProgress?: (completed: number) => void,
): Promise<LoadResult> {
  return runLoadChild(new URL('./load-process-child.ts', import.meta.url), job, onProgress);
}

/** Starts the file, hands it the job and waits for its result. */
export function runLoadChild(
  file: URL,
  job: object,
  onProgress?: (completed: number) => void,
): Promise<LoadResult> {
  const child = fork(fileURLToPath(file), {
    execArgv: ['--import', 'tsx'],
  });
  killOnExit(child);
  child.send(job);
  let result: LoadResult | undefined;
  child.on('message', (report: LoadReport) => {
    if ('result' in report) result = report.result;
    else onProgress?.(report.completed);
  });
  return new Promise((resolve, reject) => {
    // Only now are its connections closed, and the server or database may go.
    child.once('exit', (code, signal) => {
      if (result !== undefined && code === 0) resolve(result);
      else reject(new Error(`${file.pathname} ended early (${signal ?? code})`));
    });
  });
}
