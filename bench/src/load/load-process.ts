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

/** The reports of a process that makes load: its progress, and at the end its result or why it has none. */
export type LoadReport<Result extends LoadResult = LoadResult> =
  | { completed: number }
  | { result: Result }
  | { failure: string };

/**
 * Runs a job in a separate process, so that the generator shares no garbage collection and no event loop
 * with others. Any failed request fails the whole run, because its numbers would mean nothing.
 */
export async function runLoad(job: LoadJob): Promise<LoadResult> {
  return withoutFailures(await runLoadWithFailures(job), job.connections);
}

/** Returns the result, or throws if anything failed. */
export function withoutFailures(result: LoadResult, connections: number): LoadResult {
  if (result.errors > 0 || result.nonSuccess > 0) {
    throw new Error(
      `${result.errors} of ${connections} connections failed ` +
        `(first: ${result.firstError ?? 'none'}); ` +
        `${result.nonSuccess} of ${result.answered} answers were not successful ` +
        `(first: ${result.firstBadAnswer ?? 'none'})`,
    );
  }
  return result;
}

/** The same for a run so long that a failure should be reported rather than end it. */
export function runLoadWithFailures(
  job: LoadJob,
  onProgress?: (completed: number) => void,
): Promise<LoadResult> {
  return runLoadChild(new URL('./load-process-child.ts', import.meta.url), job, onProgress);
}

/** Starts a process with this file, sends it the job and waits for its result. */
export function runLoadChild<Result extends LoadResult = LoadResult>(
  file: URL,
  job: object,
  onProgress?: (completed: number) => void,
): Promise<Result> {
  const child = fork(fileURLToPath(file), {
    execArgv: ['--import', 'tsx'],
  });
  killOnExit(child);
  child.send(job);
  let result: Result | undefined;
  let failure: string | undefined;
  child.on('message', (report: LoadReport<Result>) => {
    if ('result' in report) result = report.result;
    else if ('failure' in report) failure = report.failure;
    else onProgress?.(report.completed);
  });
  return new Promise((resolve, reject) => {
    // Its connections are closed only now, so that the server or database can be stopped.
    child.once('exit', (code, signal) => {
      if (result !== undefined && code === 0) resolve(result);
      else reject(new Error(failure ?? `${file.pathname} ended early (${signal ?? code})`));
    });
  });
}
