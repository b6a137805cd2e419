/**
 * Store time is the database's clock plus this offset, which nodes move when that clock jumps: see
 * `store-clock.ts`. There is one row.
 */
export const storeClock = `
CREATE TABLE millrace.store_clock (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  offset_ms bigint NOT NULL DEFAULT 0,
  -- How often it was moved.
  moves integer NOT NULL DEFAULT 0,
  -- The number of the node that moved it last.
  mover bigint
);
-- Nodes are numbered as they begin to watch the clock.
CREATE SEQUENCE millrace.clock_watchers;
INSERT INTO millrace.store_clock DEFAULT VALUES;
`;
