import { forkChild } from '../servers/child-process.js';
import { type Usage, type UsageProbe, usageBetween } from '../usage/usage.js';
import type { Traffic } from './drivers/traffic.js';
import type { LoadResult, TallyLimits } from './load-tally.js';

/** A load run as plain data, so that it can be sent to another process. */
export interface LoadJob extends TallyLimits {
  port: number;
  connections: number;
  traffic: Traffic;
  progressEveryMs?: number;
}

/** The reports of a process that makes load: the end of its warm-up, its progress, its result or why it has none. */
export type LoadReport<Result = LoadResult> =
  | { isMeasuring: true }
  | { completed: number }
  | { result: Result }
  | { failure: string };

export interface LoadWatch {
  /** Read when the warm-up ends and when the run does. */
  probe?: UsageProbe;
  onProgress?(completed: number): void;
}

/**
 * Runs a job in a separate process, so that the generator shares no garbage collection and no event loop
 * with others. Any failed request fails the whole run, because its numbers would mean nothing.
 */
export async function runLoad(job: LoadJob, probe?: UsageProbe): Promise<LoadResult> {
  const result = await runLoadWithFailures(job, probe && { probe });
  expectNoFailures(result);
  return result;
}

export function expectNoFailures(result: LoadResult): void {
  if (result.errors === 0 && result.nonSuccess === 0) return;
  throw new Error(
    `${result.errors} connections failed (first: ${result.firstError ?? 'none'}); ` +
      `${result.nonSuccess} of ${result.answered} answers were not successful ` +
      `(first: ${result.firstBadAnswer ?? 'none'})`,
  );
}

/** The same for a run so long that a failure should be reported rather than end it. */
export const runLoadWithFailures = (job: LoadJob, watch?: LoadWatch): Promise<LoadResult> =>
  runLoadChild(new URL('./load-process-child.ts', import.meta.url), job, watch);

/** Starts a process with this file, sends it the job and waits for its result. */
export async function runLoadChild<Result extends LoadResult>(
  file: URL,
  job: object,
  { probe, onProgress }: LoadWatch = {},
): Promise<Result> {
  const child = forkChild(file);
  child.send(job);
  let result: Result | undefined;
  let failure: string | undefined;
  const readings: Promise<Usage>[] = [];
  const read = (): void => {
    if (probe) readings.push(probe());
  };
  child.on('message', (report: LoadReport<Result>) => {
    if ('isMeasuring' in report) {
      read();
    } else if ('result' in report) {
      read();
      result = report.result;
    } else if ('failure' in report) {
      failure = report.failure;
    } else {
      onProgress?.(report.completed);
    }
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    // Its connections are closed only now, so that the server or database can be stopped.
    child.once('exit', (...how) => resolve(how));
  });
  if (result === undefined || code !== 0) {
    throw new Error(failure ?? `${file.pathname} ended early (${signal ?? code})`);
  }
  const [before, after] = await Promise.all(readings);
  return before && after ? { ...result, usage: usageBetween(before, after) } : result;
}

/** Called in the process that makes load, when the load begins. */
export function reportMeasuring({ warmupMs }: TallyLimits): void {
  setTimeout(() => process.send?.({ isMeasuring: true } satisfies LoadReport), warmupMs);
}
