import { expectNoFailures, type LoadJob, runLoadChild } from '../load-process.js';
import type { OpenLoadResult } from './open-loop.js';

/** A run of the open loop as plain data. */
export interface OpenLoadJob extends Omit<LoadJob, 'connections'> {
  perSecond: number;
  pauseFromMs: number;
}

/** Runs the job in a separate process. Any failed request fails the whole run. */
export async function runOpenLoad(job: OpenLoadJob): Promise<OpenLoadResult> {
  const file = new URL('./open-load-child.ts', import.meta.url);
  const result = await runLoadChild<OpenLoadResult>(file, job);
  expectNoFailures(result);
  return result;
}
