/**
 * How many obsolete rows a step may remove. They must be removed faster than new ones come, so that no
 * table grows without end, and no step may take long.
 */
export interface RemovalPace {
  readonly least: number;
  readonly most: number;
}

/** Turns a running total into a function that returns how much was added since its last call. */
export function countSince(soFar: () => number): () => number {
  let before = soFar();
  return () => {
    const since = soFar() - before;
    before += since;
    return since;
  };
}

/** @param come how many rows have come since the last step */
export const removedPerStep = (come: number, { least, most }: RemovalPace): number =>
  Math.min(most, least + 2 * come);

/**
 * For records and deduplication ids; a commit group of small messages adds at most some 16,000.
 */
export const RECORDS_REMOVED: RemovalPace = { least: 256, most: 32_768 };
