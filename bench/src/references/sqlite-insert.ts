import { runLoadChild } from '../load/load-process.js';
import type { LoadResult, TallyLimits } from '../load/load-tally.js';

export interface SqliteInsertJob extends TallyLimits {
  file: string;
  payload: string;
  /** How many rows count as one unit of load. */
  rowsPerUnit: number;
  unitsPerTransaction: number;
}

/** SQLite alone, in a process that does nothing but insert. */
export const runSqliteInsert = (job: SqliteInsertJob): Promise<LoadResult> =>
  runLoadChild(new URL('./sqlite-insert-child.ts', import.meta.url), job);
