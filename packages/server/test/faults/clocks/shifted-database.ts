import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { JumpingClock } from './jumping-clock.js';

/**
 * All functions that a session may ask for the time, which shadow those of pg_catalog in the search
 * path.
 */
const CLOCKS = ['clock_timestamp', 'now', 'transaction_timestamp', 'statement_timestamp'] as const;

/** A separate database whose clock is off by the value in a row. */
export class ShiftedDatabase implements JumpingClock {
  private constructor(
    readonly url: string,
    private readonly name: string,
    private readonly admin: pg.Client,
    private readonly client: pg.Client,
  ) {}

  static async create(serverUrl: string): Promise<ShiftedDatabase> {
    const name = `millrace_clock_${randomBytes(4).toString('hex')}`;
    const admin = await connect(serverUrl);
    await admin.query(`CREATE DATABASE ${name}`);
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    const client = await connect(url.toString());
    await client.query(`
      CREATE SCHEMA skew;
      CREATE TABLE skew.shift (ms bigint NOT NULL);
      INSERT INTO skew.shift VALUES (0);
      ${CLOCKS.map(shadowOf).join('\n')}`);
    // Before the nodes connect, because existing sessions keep their search path.
    await admin.query(`ALTER DATABASE ${name} SET search_path = skew, pg_catalog, "$user", public`);
    await admin.query(`ALTER DATABASE ${name} SET track_functions = 'pl'`);
    return new ShiftedDatabase(url.toString(), name, admin, client);
  }

  async shiftTo(shiftMs: number): Promise<void> {
    await this.client.query('UPDATE skew.shift SET ms = $1', [shiftMs]);
  }

  /** How often sessions have called these functions, except in their last second. */
  async timesAsked(): Promise<number> {
    const { rows } = await this.client.query(
      "SELECT coalesce(sum(calls), 0) AS calls FROM pg_stat_user_functions WHERE schemaname = 'skew'",
    );
    return Number(rows[0].calls);
  }

  async close(): Promise<void> {
    const timesAsked = await this.timesAsked();
    await this.client.end();
    await this.admin.query(`DROP DATABASE ${this.name} WITH (FORCE)`);
    await this.admin.end();
    // Without any call, the run proves nothing.
    if (timesAsked === 0) throw new Error('no node has read the jumping clock');
  }
}

/** Not in SQL, which might be inlined: calls of PL/pgSQL functions are counted. */
const shadowOf = (clock: string): string => `
  CREATE FUNCTION skew.${clock}() RETURNS timestamptz LANGUAGE plpgsql VOLATILE AS $$
  BEGIN
    RETURN pg_catalog.${clock}() + (SELECT ms FROM skew.shift) * interval '1 millisecond';
  END $$;`;

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
