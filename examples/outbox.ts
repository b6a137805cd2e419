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
 *     payload jsonb NOT NULL,
 *     failed_at timestamptz,
 *     error text
 *   );
 *
 * A row that the server refuses, for example because there is no such queue, would be refused again each
 * second, before all later ones. It is set aside with the error: watch for rows with `failed_at`, mend the
 * cause, and have them published with `UPDATE outbox SET failed_at = NULL, error = NULL`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Millrace, MillraceError } from '@millrace/client';
import pg from 'pg';

interface Row {
  readonly id: string;
  readonly queue: string;
  readonly payload: unknown;
}

const ROWS_AT_ONCE = 100;
/** What is wrong with a row. Anything else, such as a network error or a wrong API key, passes. */
const REFUSALS =
  /^(INVALID_(JSON|REQUEST|OPTION|PAYLOAD)|PAYLOAD_TOO_LARGE|QUEUE_NOT_FOUND|IDEMPOTENCY_KEY_REUSED)$/;

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
      `SELECT id, queue, payload FROM outbox WHERE failed_at IS NULL
       ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [ROWS_AT_ONCE],
    );
    // Each row has an outcome of its own: what is stored is deleted, whatever became of the others.
    const outcomes = await Promise.all(rows.map(publish));
    const stored = outcomes.filter(({ error }) => error === undefined).map(({ id }) => id);
    await client.query('DELETE FROM outbox WHERE id = ANY($1)', [stored]);
    for (const { id, error } of outcomes) {
      if (error === undefined) continue;
      const isRefused = error instanceof MillraceError && REFUSALS.test(error.code);
      console.error(`outbox: row ${id} ${isRefused ? 'is set aside' : 'stays'}: ${error}`);
      if (!isRefused) continue;
      const text = `${error.code}: ${error.message}`;
      await client.query('UPDATE outbox SET failed_at = now(), error = $2 WHERE id = $1', [
        id,
        text,
      ]);
    }
    await client.query('COMMIT');
    return stored.length;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}

async function publish({ id, queue, payload }: Row): Promise<{ id: string; error?: unknown }> {
  try {
    await millrace.queue(queue).publish(payload, { idempotencyKey: `outbox-${id}` });
    return { id };
  } catch (error) {
    return { id, error };
  }
}
