import pg from 'pg';
import { pause } from '../load/pause.js';

/** Counts the transactions that nodes have begun and left open, as PostgreSQL sees them. */
export class OpenTransactions {
  private constructor(private readonly client: pg.Client) {}

  static async watch(url: string): Promise<OpenTransactions> {
    const client = new pg.Client(url);
    client.on('error', () => undefined);
    await client.connect();
    return new OpenTransactions(client);
  }

  /** The number of transactions that have waited this long for their client's next packet. */
  async count(idleForMs: number): Promise<number> {
    const { rows } = await this.client.query(
      `SELECT count(*) AS count FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'millrace'
         AND state LIKE 'idle in transaction%'
         AND pg_catalog.clock_timestamp() - state_change > interval '1 millisecond' * $1`,
      [idleForMs],
    );
    return Number(rows[0].count);
  }

  /** Whether there are any after a moment in which a running node would have continued them. */
  async appear(): Promise<boolean> {
    await pause(250);
    return (await this.count(200)) > 0;
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
