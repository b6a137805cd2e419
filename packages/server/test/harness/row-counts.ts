import Database from 'better-sqlite3';
import pg from 'pg';

/** The number of rows in each table of a store, read while the store may be open. */
export type RowCounts = Record<string, number>;

export async function countRows(url: string): Promise<RowCounts> {
  if (url.startsWith('sqlite:')) return countInFile(url.slice('sqlite:'.length));
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows: tables } = await client.query(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'millrace' ORDER BY 1",
    );
    const counts: RowCounts = {};
    for (const { name } of tables) {
      const { rows } = await client.query(`SELECT count(*)::integer AS n FROM millrace.${name}`);
      counts[name] = rows[0].n;
    }
    return counts;
  } finally {
    await client.end();
  }
}

function countInFile(path: string): RowCounts {
  const db = new Database(path, { readonly: true });
  try {
    const tables = db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")
      .pluck()
      .all() as string[];
    const count = (name: string) => db.prepare(`SELECT count(*) FROM ${name}`).pluck().get();
    return Object.fromEntries(tables.map((name) => [name, count(name) as number]));
  } finally {
    db.close();
  }
}
