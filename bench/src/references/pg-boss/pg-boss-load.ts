import { runLoadChild } from '../../load/load-process.js';
import type { LoadResult, TallyLimits } from '../../load/load-tally.js';
import { databaseUsage } from '../../usage/database-usage.js';

export interface PgBossJob extends TallyLimits {
  databaseUrl: string;
  /** How many sends are under way at once. */
  concurrency: number;
  payload: string;
}

/** pg-boss in a separate process, which is both the client and the queue. */
export const runPgBossLoad = (job: PgBossJob): Promise<LoadResult> =>
  runLoadChild(new URL('./pg-boss-load-child.ts', import.meta.url), job, {
    probe: () => databaseUsage(job.databaseUrl),
  });
