import { parseArgs } from 'node:util';
import pg from 'pg';
import { median } from '../comparison/median.js';
import { positiveInteger } from '../options/numbers.js';

/**
 * Measures what the dead entries of an index cost a consume while somebody holds an old snapshot,
 * without watermarks. It inserts and deletes messages in the database at --url, on which a server must
 * have run before, and then searches for the first ready message from the head.
 *
 * npx tsx bench/src/storage/dead-entries.ts --url postgres://… --entries 200000
 */
const { values } = parseArgs({
  options: { url: { type: 'string' }, entries: { type: 'string', default: '200000' } },
});
const entries = positiveInteger('entries', values.entries);
const LOOKS = 20;
/** A bucket that no queue has. */
const BUCKET = -1;

const client = new pg.Client(values.url);
const holder = new pg.Client(values.url);
await Promise.all([client.connect(), holder.connect()]);
await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
await holder.query('SELECT count(*) FROM millrace.queues');
await insert(1, entries);
await client.query('DELETE FROM millrace.messages WHERE bucket_id = $1', [BUCKET]);
// The only message left comes after all the deleted ones.
await insert(entries + 1, entries + 1);
for (const setting of ['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin']) {
  await client.query(`SET enable_${setting} = off`);
}
const tookMs: number[] = [];
for (let look = 0; look < LOOKS; look += 1) {
  const startedMs = performance.now();
  await client.query('BEGIN');
  const { rows } = await client.query(
    `SELECT message_id FROM millrace.messages WHERE bucket_id = $1 AND state = 0
      ORDER BY rank DESC, seq LIMIT 1 FOR UPDATE SKIP LOCKED`,
    [BUCKET],
  );
  await client.query('ROLLBACK');
  if (rows.length !== 1) throw new Error('the message was not found');
  tookMs.push(performance.now() - startedMs);
}
await holder.query('ROLLBACK');
await client.query('DELETE FROM millrace.messages WHERE bucket_id = $1', [BUCKET]);
const { rows } = await client.query('SHOW server_version');
const medianMs = median(tookMs);
process.stdout.write(
  `PostgreSQL ${rows[0].server_version}: ${entries} dead entries, ${medianMs.toFixed(1)} ms per search, ${((1_000 * medianMs) / entries).toFixed(2)} us per entry\n`,
);
await Promise.all([client.end(), holder.end()]);

async function insert(from: number, to: number): Promise<void> {
  await client.query(
    `INSERT INTO millrace.messages (bucket_id, message_id, seq, rank, state, priority,
       enqueued_at_ms, first_available_at_ms, live_since_ms, bytes, payload)
     SELECT $1, gen_random_uuid(), n, 0, 0, 0, 1, 1, 1, 10, '{"a": 12345}'
       FROM generate_series($2::integer, $3::integer) AS n`,
    [BUCKET, from, to],
  );
}
