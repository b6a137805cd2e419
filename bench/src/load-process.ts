import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { killOnExit } from './child-process.js';
import type { LoadResult, TallyLimits } from './load-tally.js';

/** A load run as plain data, so that it can be sent to another process. */
export interface LoadJob extends TallyLimits {
  port: number;
  connections: number;
  /** Whole HTTP requests, sent round-robin over all connections. */
  requests: string[];
  /** An answer that contains this text counts as failed. */
  refuseText?: string;
}

const childFile = fileURLToPath(new URL('./load-process-child.ts', import.meta.url));

/**
 * Runs a job in a process of its own, so that the generator's garbage collection and event loop
 * are nobody else's. Any failed request fails the whole run: its numbers would mean nothing.
 */
export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const child = fork(childFile, { execArgv: ['--import', 'tsx'] });
  killOnExit(child);
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the load generator ended early (${signal ?? code})`);
  });
  const answered = once(child, 'message').then(([result]) => result as LoadResult);
  child.send(job);
  const result = await Promise.race([answered, ended]);
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
