/**
 * Store time (see `store-clock.ts`) at the moment in which this is evaluated, in milliseconds and their
 * parts.
 */
export const CLOCK =
  '(extract(epoch FROM clock_timestamp()) * 1000 + (SELECT offset_ms FROM millrace.store_clock))';
/** What stands in the row. */
export const CLOCK_OFFSET = '(SELECT offset_ms FROM millrace.store_clock)';
export const CLOCK_MS = `floor(${CLOCK})::bigint`;
/** For a node that begins to watch the clock. */
export const NOW = `SELECT ${CLOCK_MS} AS "storeMs", ${CLOCK_OFFSET} AS "offsetMs"`;

/** Store time as the database says it. */
export interface SaidTime {
  readonly nowMs: number;
  /** The offset that was added to the database's clock. */
  readonly clockOffsetMs: number;
}
