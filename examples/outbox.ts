/**
 * Publishes what an application has written into its own PostgreSQL. The application inserts into the
 * table `outbox` in the transaction that changes its rows, so a message exists exactly if that
 * transaction was committed:
 *
 *   BEGIN;
 *   INSERT INTO orders (id) VALUES ('o_123');
 *   INSERT INTO outbox (queue, payload) VALUES ('orders', '{"id":"o_123"}');
 *   COMMIT;
 *
 * If this program dies between a publish and its commit, the next one publishes the row again, with the
 * same idempotency key, and the server answers with the message that it has stored. It remembers a key
 * for a day (`--idempotency-hours`), so a relay that dies and stays away for longer publishes the rows
 * that were under way twice. Here is the table:
 *
 *   CREATE TABLE outbox (
 *     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
 *     queue text NOT NULL,
 *     payload jsonb NOT NULL
 *   );
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Millrace } from '@millrace/client';
import pg from 'pg';

interface Row {
  readonly id: string;
  readonly queue: string;
  readonly payload: unknown;
}

const ROWS_AT_ONCE = 100;
const millrace = new Millrace();
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());
process.once('SIGINT', () => stopping.abort());

console.log('the relay runs');
while (!stopping.signal.aborted) {
  const published = await relay().catch((error) => {
    console.error('outbox: the rows stay, and are tried again in a second:', error);
    return 0;
  });
  if (published > 0) console.log(`published ${published}`);
  if (published < ROWS_AT_ONCE) {
    await sleep(1_000, undefined, { signal: stopping.signal }).catch(() => {});
  }
}
await pool.end();

/** Several relays may run: each takes rows that no other has locked. */
async function relay(): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query<Row>(
      'SELECT id, queue, payload FROM outbox ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED',
      [ROWS_AT_ONCE],
    );
    await Promise.all(
      rows.map(({ id, queue, payload }) =>
        millrace.queue(queue).publish(payload, { idempotencyKey: `outbox-${id}` }),
      ),
    );
    await client.query('DELETE FROM outbox WHERE id = ANY($1)', [rows.map(({ id }) => id)]);
    await client.query('COMMIT');
    return rows.length;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}
