import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createIdSource } from '#server/core/ids';
import { type Log, NO_LOG } from '#server/core/log';
import { PostgresStore } from '#server/store/postgres/postgres-store';
import { FakeClock } from '../../harness/fake-clock.js';
import { CommandBuilder } from '../../store-conformance/command-builder.js';
import { connectAdmin } from '../postgres-nodes.js';
import { on } from '../two-stores.js';

const ids = createIdSource(new FakeClock());

/** How the server starts on databases with various settings. */
describe('a start on a database', () => {
  let admin: pg.Client;
  const made: string[] = [];

  beforeAll(async () => {
    admin = await connectAdmin(inject('postgresUrl'));
  });
  afterAll(async () => {
    for (const statement of made.reverse()) await admin.query(statement);
    await admin.end();
  });

  /** @returns the URL of the new database */
  async function makeDatabase(options = ''): Promise<URL> {
    const name = `millrace_${randomBytes(8).toString('hex')}`;
    await admin.query(`CREATE DATABASE ${name} ${options}`);
    made.push(`DROP DATABASE ${name} WITH (FORCE)`);
    const url = new URL(inject('postgresUrl'));
    url.pathname = `/${name}`;
    return url;
  }

  const open = (url: URL, log: Log = NO_LOG): Promise<PostgresStore> =>
    PostgresStore.open({ url: url.toString(), maxConnections: 4, log });

  async function query(url: URL, ...statements: string[]): Promise<pg.QueryResult[]> {
    const client = await connectAdmin(url.toString());
    const results: pg.QueryResult[] = [];
    for (const text of statements) results.push(await client.query(text));
    await client.end();
    return results;
  }

  it('refuses an encoding other than UTF8, and says what to do', async () => {
    const url = await makeDatabase(`ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    await expect(open(url)).rejects.toThrow(/encoding LATIN1.*ENCODING 'UTF8'/);
    const [found] = await query(url, `SELECT to_regnamespace('millrace') AS schema`);
    expect(found?.rows).toEqual([{ schema: null }]);
  });

  it('warns when a standby is not synchronous', async () => {
    const url = await makeDatabase();
    const warnings: string[] = [];
    const log: Log = { ...NO_LOG, warn: (message) => warnings.push(message) };
    const ofStandbys = () => warnings.filter((message) => message.startsWith('no standby'));
    const start = async (): Promise<void> => (await open(url, log)).stop();
    await start();
    expect(ofStandbys()).toEqual([]);
    // The server treats every replication connection as a standby that is starting.
    const options = { connectionString: url.toString(), replication: 'true' };
    const standby = new pg.Client(options as pg.ClientConfig);
    await standby.connect();
    try {
      await start();
      expect(ofStandbys()).toEqual([expect.stringMatching(/is synchronous; a failover loses/)]);
    } finally {
      await standby.end();
    }
  });

  it('needs no right beyond those it uses', async () => {
    const url = await makeDatabase();
    const role = `role_${randomBytes(6).toString('hex')}`;
    await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'of-the-role'`);
    made.unshift(`DROP ROLE ${role}`);
    const asRole = new URL(url);
    asRole.username = role;
    asRole.password = 'of-the-role';

    await expect(open(asRole)).rejects.toThrow(/may not create the schema millrace.*GRANT CREATE/);
    // Once the role has the schema, the server creates its tables there, and can start again.
    await query(url, `CREATE SCHEMA millrace AUTHORIZATION ${role}`);
    for (let start = 0; start < 2; start += 1) await (await open(asRole)).stop();
    // It also works with rights on the rows only, as an operator may leave them after the first start.
    await query(
      url,
      'ALTER SCHEMA millrace OWNER TO CURRENT_USER',
      `REASSIGN OWNED BY ${role} TO CURRENT_USER`,
      `GRANT USAGE ON SCHEMA millrace TO ${role}`,
      `GRANT ALL ON ALL TABLES IN SCHEMA millrace TO ${role}`,
      `GRANT ALL ON ALL SEQUENCES IN SCHEMA millrace TO ${role}`,
    );
    const store = await open(asRole);
    const make = new CommandBuilder('rights', ids);
    expect(await on(store, make.createQueue('q'))).toMatchObject({ ok: true });
    expect(await on(store, make.publish('q', ['one']))).toMatchObject({ ok: true });
    await store.stop();
  });

  it.each([
    // Acknowledged messages are on disk.
    ['synchronous_commit', 'off', 'on'],
    // Compiling a statement each time takes fifty times as long as running it.
    ['jit', 'on', 'off'],
    // Lists are sent as text.
    ['array_nulls', 'off', 'on'],
  ])('sets %s, which the database has %s, to %s', async (setting, ofDatabase, ofNode) => {
    const url = await makeDatabase();
    await admin.query(`ALTER DATABASE ${url.pathname.slice(1)} SET ${setting} = ${ofDatabase}`);
    for (const prepare of ['true', 'false']) {
      url.searchParams.set('prepare', prepare);
      const store = await open(url);
      // A session's setting is visible only inside the session.
      await query(
        url,
        'CREATE TABLE IF NOT EXISTS public.seen (value text)',
        `CREATE OR REPLACE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           INSERT INTO public.seen VALUES (current_setting('${setting}')); RETURN NULL; END $$`,
        `CREATE OR REPLACE TRIGGER see AFTER INSERT ON millrace.messages
           EXECUTE FUNCTION public.see()`,
      );
      const make = new CommandBuilder(`setting-${prepare}`, ids);
      await on(store, make.createQueue('q'));
      expect(await on(store, make.publish('q', ['one']))).toMatchObject({ ok: true });
      await store.stop();
    }
    const [seen, inherited] = await query(
      url,
      'SELECT DISTINCT value FROM public.seen',
      `SHOW ${setting}`,
    );
    expect(inherited?.rows).toEqual([{ [setting]: ofDatabase }]);
    expect(seen?.rows).toEqual([{ value: ofNode }]);
  });

  it('warns of settings with which the database is not durable', async () => {
    const url = await makeDatabase();
    const [found] = await query(
      url,
      `SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off'`,
    );
    const lines: string[] = [];
    const store = await open(url, { ...NO_LOG, warn: (message) => void lines.push(message) });
    await store.stop();
    for (const name of ['fsync', 'full_page_writes']) {
      const isOff = found?.rows.some((row) => row.name === name);
      expect(lines.filter((line) => line.includes(`${name}=off`))).toHaveLength(isOff ? 1 : 0);
    }
  });

  it('fails when it can get no further connections', async () => {
    const url = await makeDatabase();
    await (await open(url)).stop();
    const role = `role_${randomBytes(6).toString('hex')}`;
    await admin.query(`CREATE ROLE ${role} LOGIN CONNECTION LIMIT 1 PASSWORD 'x'`);
    made.unshift(`DROP ROLE ${role}`);
    await query(
      url,
      `GRANT USAGE ON SCHEMA millrace TO ${role}`,
      `GRANT ALL ON ALL TABLES IN SCHEMA millrace TO ${role}`,
    );
    const asRole = new URL(url);
    asRole.username = role;
    asRole.password = 'x';
    await expect(open(asRole)).rejects.toThrow(/cannot be used: too many connections for role/);
  });

  it('says that it waits while another node migrates', async () => {
    const url = await makeDatabase();
    const holder = await connectAdmin(url.toString());
    await holder.query('SELECT pg_advisory_lock(7235438201)');
    const lines: string[] = [];
    const opening = open(url, { ...NO_LOG, info: (message) => void lines.push(message) });
    while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(lines).toEqual([expect.stringContaining('another node migrates the store')]);
    await holder.end();
    await (await opening).stop();
    expect(lines[1]).toBe('the store was made');
  });
});
