import type { Pool } from 'pg';
import { beginStatements, rollBack } from './driver/sessions.js';

/**
 * Writes a quarter of a megabyte and takes it back. A small row may find room in a page that exists, and
 * proves nothing; these pages are used again.
 */
const WRITE = `INSERT INTO millrace.idempotency
    (project, capability, queue_id, key, fingerprint, outcome, expires_at_ms)
  SELECT '', '', 0, gen_random_uuid()::text, '', string_agg(md5(random()::text), ''), 0
    FROM generate_series(1, 8192)`;

/** Resolves if the database's disk has room for more. */
export async function tryRoom(pool: Pool, hasSession: boolean): Promise<void> {
  const client = await pool.connect();
  try {
    for (const text of beginStatements(hasSession)) await client.query(text);
    await client.query(WRITE);
  } finally {
    client.release(await rollBack(client));
  }
}
