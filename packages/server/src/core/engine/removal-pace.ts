/**
 * How many rows a step may remove of those that are over. What is over has to leave faster than more
 * comes, so that no table grows without end, and no step may take long over it.
 */
export interface RemovalPace {
  readonly least: number;
  readonly most: number;
}

/** How many things have come since it was last asked, given how many there have been so far. */
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
 * Recorded answers and deduplication ids; a commit group of small messages brings some 16,000 at most.
 */
export const RECORDS_REMOVED: RemovalPace = { least: 256, most: 32_768 };
