import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { expect, inject, onTestFinished, test } from 'vitest';
import { eventually, RunningExample, useMillrace } from './example.js';
import { StubService } from './stub-service.js';

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

const HOUR = 3_600;

test('rows that the server refuses are set aside, and the others are published once', async () => {
  const { url, application } = await newDatabase();
  await createOutbox(application);
  const server = millrace();
  const queue = server.millrace.queue('outbox-good-rows');
  await queue.create();
  const insert = 'INSERT INTO outbox (queue, payload) VALUES ';
  await application.query(`${insert} ('outbox-good-rows', to_jsonb(repeat('x', 1100000)))`);
  await application.query(`${insert} ('no such name', '1')`);
  await application.query(
    `INSERT INTO outbox (queue, payload)
     SELECT 'outbox-good-rows', to_jsonb(number) FROM generate_series(1, 150) AS number`,
  );
  const relay = new RunningExample('outbox.ts', server, { DATABASE_URL: url });
  const left = async () => {
    const { rows } = await application.query('SELECT failed_at, error FROM outbox ORDER BY id');
    return rows;
  };
  await eventually(async () => {
    expect(await left()).toEqual([
      { failed_at: expect.any(Date), error: expect.stringMatching(/^PAYLOAD_TOO_LARGE: /) },
      { failed_at: expect.any(Date), error: expect.stringMatching(/^INVALID_OPTION: /) },
    ]);
  });
  expect(await queue.stats()).toMatchObject({ available: 150 });

  // The server has forgotten the idempotency keys, and one of the rows is mended.
  await server.advanceClock(25 * HOUR);
  await application.query(
    `UPDATE outbox SET queue = 'outbox-good-rows', failed_at = NULL, error = NULL
     WHERE queue = 'no such name'`,
  );
  await eventually(async () => expect(await left()).toHaveLength(1));
  expect(await queue.stats()).toMatchObject({ available: 151 });
  expect(await relay.stop()).toBe(0);
});

test('rows stay as they are while the server cannot be reached', async () => {
  const { url, application } = await newDatabase();
  await createOutbox(application);
  const server = millrace();
  const queue = server.millrace.queue('outbox-outage');
  await queue.create();
  await application.query("INSERT INTO outbox (queue, payload) VALUES ('outbox-outage', '1')");
  // A proxy without a server, and nobody at all.
  const proxy = await StubService.start();
  proxy.reply = () => 404;
  for (const away of [proxy.url, 'http://127.0.0.1:1']) {
    const environment = { DATABASE_URL: url, MILLRACE_URL: away };
    const relay = new RunningExample('outbox.ts', server, environment);
    await relay.says('row 1 stays');
    expect(await relay.stop()).toBe(0);
    const { rows } = await application.query('SELECT id, failed_at, error FROM outbox');
    expect(rows).toEqual([{ id: '1', failed_at: null, error: null }]);
  }
  const relay = new RunningExample('outbox.ts', server, { DATABASE_URL: url });
  await relay.says('published 1');
  expect(await relay.stop()).toBe(0);
  expect(await queue.stats()).toMatchObject({ available: 1 });
});
