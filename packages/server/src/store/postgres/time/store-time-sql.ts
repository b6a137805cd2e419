/**
 * Store time (see `store-clock.ts`) at the moment when this is evaluated, in milliseconds with
 * fractions.
 */
export const CLOCK =
  '(extract(epoch FROM clock_timestamp()) * 1000 + (SELECT offset_ms FROM millrace.store_clock))';
/** The offset in the row. */
export const CLOCK_OFFSET = '(SELECT offset_ms FROM millrace.store_clock)';
export const CLOCK_MS = `floor(${CLOCK})::bigint`;
/** For a node that begins to watch the clock. */
export const NOW = `SELECT ${CLOCK_MS} AS "storeMs", ${CLOCK_OFFSET} AS "offsetMs"`;

/** Store time as the database reports it. */
export interface SaidTime {
  readonly nowMs: number;
  /** The offset that was added to the database's clock. */
  readonly clockOffsetMs: number;
}
