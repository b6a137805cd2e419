/**
 * Store time is the database's clock plus this offset, which nodes move when that clock jumps: see
 * `store-clock.ts`. There is one row.
 */
export const storeClock = `
CREATE TABLE millrace.store_clock (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  offset_ms bigint NOT NULL DEFAULT 0
);
INSERT INTO millrace.store_clock DEFAULT VALUES;
`;
