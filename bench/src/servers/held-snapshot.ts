import pg from 'pg';

export interface HeldSnapshot {
  release(): Promise<void>;
}

/** Opens a transaction that keeps seeing the current state, as a report or a dump would. */
export async function holdSnapshot(databaseUrl: string): Promise<HeldSnapshot> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  // The snapshot is taken by the first statement, not by BEGIN.
  await client.query('SELECT count(*) FROM pg_catalog.pg_class');
  return { release: () => client.end() };
}
