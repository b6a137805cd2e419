import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { expect, inject, onTestFinished, test } from 'vitest';
import { eventually, RunningExample, useMillrace } from './example.js';

const millrace = useMillrace();

/** A database of its own, with the table of an application. */
async function newDatabase(): Promise<{ url: string; application: pg.Client }> {
  const admin = new pg.Client(inject('postgresUrl'));
  await admin.connect();
  const name = `outbox_${randomBytes(8).toString('hex')}`;
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  const application = new pg.Client(url.toString());
  await application.connect();
  await application.query('CREATE TABLE orders (id text PRIMARY KEY)');
  onTestFinished(async () => {
    await application.end();
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  });
  return { url: url.toString(), application };
}

/** What the application does for an order. */
async function place(application: pg.Client, queue: string, id: string, end: string) {
  await application.query('BEGIN');
  await application.query('INSERT INTO orders VALUES ($1)', [id]);
  await application.query('INSERT INTO outbox (queue, payload) VALUES ($1, $2)', [queue, { id }]);
  await application.query(end);
}

/** The table, as the comment of the program shows it. */
async function createOutbox(application: pg.Client): Promise<void> {
  const program = await readFile(new URL('../outbox.ts', import.meta.url), 'utf8');
  const [statement = ''] = /CREATE TABLE[^;]*;/.exec(program) ?? [];
  await application.query(statement.replace(/^ \* /gm, ''));
}

/** Lets nobody delete rows while somebody else has the lock, which makes a relay stop after its publishes. */
async function lockDeletes(application: pg.Client): Promise<void> {
  await application.query(`
    CREATE FUNCTION wait_for_lock() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$;
    CREATE TRIGGER wait_for_lock BEFORE DELETE ON outbox EXECUTE FUNCTION wait_for_lock();
    SELECT pg_advisory_lock(1)`);
}

test('the orders that were committed are published once each, although a relay is killed', async () => {
  const { url, application } = await newDatabase();
  await createOutbox(application);
  await lockDeletes(application);
  const server = millrace();
  const queue = server.millrace.queue('outbox-orders');
  await queue.create();
  for (let number = 1; number <= 20; number++) {
    const end = number % 4 === 0 ? 'ROLLBACK' : 'COMMIT';
    await place(application, queue.name, `o_${number}`, end);
  }
  const start = () => new RunningExample('outbox.ts', server, { DATABASE_URL: url });
  const killed = start();
  await eventually(async () => expect(await queue.stats()).toMatchObject({ available: 15 }));
  await killed.kill();
  await application.query('SELECT pg_advisory_unlock(1)');

  const relays = [start(), start()];
  for (const relay of relays) await relay.says('the relay runs');
  await eventually(async () => {
    const { rows } = await application.query('SELECT id FROM outbox');
    expect(rows).toEqual([]);
  });
  for (const relay of relays) expect(await relay.stop()).toBe(0);
  expect(relays.map(({ printed }) => printed).join()).toContain('published 15');
  const { messages } = await queue.consume({ maxMessages: 100 });
  const ids = messages.map(({ payload }) => (payload as { id: string }).id);
  const { rows } = await application.query('SELECT id FROM orders');
  expect(ids.sort()).toEqual(rows.map(({ id }) => id).sort());
  expect(ids).toHaveLength(15);
});
