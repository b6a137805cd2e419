import { payloadOf } from '../../calls/publish-call.js';
import { roundLimits } from '../../comparison/compare.js';
import type { Bench } from '../../comparison/scenario.js';
import { runLoadChild } from '../../load/load-process.js';
import type { LoadResult, TallyLimits } from '../../load/load-tally.js';
import { sqliteFile } from '../../servers/sqlite-store-file.js';

/** How the rows are divided. */
export interface RowGroups {
  /** How many rows count as one unit of load. */
  rowsPerUnit: number;
  unitsPerTransaction: number;
}

export interface InsertJob extends TallyLimits, RowGroups {
  file: string;
  payload: string;
}

export interface SettleJob extends InsertJob {
  /** As many rows wait as are settled at this rate. */
  rowsPerSecondMax: number;
}

/** SQLite alone, in a process that does nothing but insert. */
export const insertAlone = (bench: Bench, groups: RowGroups): Promise<LoadResult> =>
  runAlone(new URL('./insert-child.ts', import.meta.url), bench, groups);

/** SQLite alone, in a process that does nothing but lease rows and delete them. */
export const settleAlone = (
  bench: Bench,
  groups: RowGroups & Pick<SettleJob, 'rowsPerSecondMax'>,
): Promise<LoadResult> => runAlone(new URL('./settle-child.ts', import.meta.url), bench, groups);

async function runAlone(
  child: URL,
  { settings, stores }: Bench,
  groups: RowGroups,
): Promise<LoadResult> {
  const store = await stores.make('sqlite');
  try {
    const job: InsertJob = {
      file: sqliteFile(store.url),
      payload: payloadOf(settings.payloadBytes),
      ...groups,
      ...roundLimits(settings),
    };
    return await runLoadChild(child, job);
  } finally {
    await store.remove();
  }
}
