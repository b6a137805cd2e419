import { runLoadChild } from '../load/load-process.js';
import type { LoadResult } from '../load/load-tally.js';
import type { SqliteInsertJob } from './sqlite-insert.js';

export interface SqliteSettleJob extends SqliteInsertJob {
  /** As many rows wait as are settled at this rate. */
  rowsPerSecondMax: number;
}

/** SQLite alone, in a process that does nothing but lease rows and delete them. */
export const runSqliteSettle = (job: SqliteSettleJob): Promise<LoadResult> =>
  runLoadChild(new URL('./sqlite-settle-child.ts', import.meta.url), job);
