import type pg from 'pg';

/**
 * Lets tests set the database's clock for all later connections: its functions are replaced by those in
 * a schema that precedes pg_catalog in the search path.
 */
export async function makeClockSettable(admin: pg.Client): Promise<void> {
  await admin.query(`
    CREATE SCHEMA skew;
    CREATE TABLE skew.shift (by interval NOT NULL);
    INSERT INTO skew.shift VALUES ('0');
    CREATE FUNCTION skew.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
      'SELECT pg_catalog.clock_timestamp() + by FROM skew.shift';
    DO $$ BEGIN
      EXECUTE format('ALTER DATABASE %I SET search_path = skew, pg_catalog, public',
        current_database());
    END $$`);
}

/** @param shiftMs from the true time, at once and for all connections */
export async function setClock(admin: pg.Client, shiftMs: number): Promise<void> {
  await admin.query("UPDATE skew.shift SET by = $1 * interval '1 ms'", [shiftMs]);
}
