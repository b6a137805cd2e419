import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { MIGRATIONS } from '#server/store/sqlite/migrations/index';

const SNAPSHOT = fileURLToPath(new URL('./sqlite-schema.sql', import.meta.url));

/** The schema that the migrations create, with one statement for each object, by name. */
function migratedSchema(): string {
  const db = new Database(':memory:');
  for (const migration of MIGRATIONS) db.exec(migration);
  const statements = db
    .prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type DESC, name')
    .pluck()
    .all() as string[];
  db.close();
  return statements.map((sql) => `${sql.replace(/[ \t]+/g, ' ').trim()};\n`).join('\n');
}

// A released migration never changes: a difference here is a new migration, or a bug. After adding a
// migration, run this once with MILLRACE_UPDATE_SCHEMA=1.
it('the migrations create the schema that is checked in', async () => {
  const schema = migratedSchema();
  if (process.env.MILLRACE_UPDATE_SCHEMA === '1') await writeFile(SNAPSHOT, schema);
  expect(schema).toBe(await readFile(SNAPSHOT, 'utf8'));
});
