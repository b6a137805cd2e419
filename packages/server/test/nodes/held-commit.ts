import type pg from 'pg';
import { pause } from '../faults/load/pause.js';

const FIRST = 7_001;
const GATE = 7_002;
const WITHIN_MS = 30_000;

/**
 * Holds back the commit of the next transaction that changes a message: its work is done, but nobody
 * else can see it yet. Later transactions are not held back.
 */
export class HeldCommit {
  private constructor(private readonly admin: pg.Client) {}

  static async prepare(
    admin: pg.Client,
    change: 'INSERT' | 'UPDATE OR DELETE' = 'UPDATE OR DELETE',
  ): Promise<HeldCommit> {
    await admin.query(`
      CREATE FUNCTION hold_commit() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS $$
      BEGIN
        IF pg_try_advisory_xact_lock(${FIRST}) THEN
          -- The test decides how long the commit waits.
          PERFORM set_config('lock_timeout', '0', true);
          PERFORM pg_advisory_xact_lock_shared(${GATE});
        END IF;
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER hold_commit AFTER ${change} ON millrace.messages
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold_commit()`);
    return new HeldCommit(admin);
  }

  async arm(): Promise<void> {
    await this.admin.query('SELECT pg_advisory_lock($1)', [GATE]);
  }

  /** Waits until a transaction is about to commit. @returns its backend */
  async reached(): Promise<number> {
    const endAtMs = performance.now() + WITHIN_MS;
    while (performance.now() < endAtMs) {
      const { rows } = await this.admin.query(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted",
        [GATE],
      );
      if (rows[0] !== undefined) return rows[0].pid;
      await pause(10);
    }
    throw new Error('no commit was held');
  }

  async release(): Promise<void> {
    await this.admin.query('SELECT pg_advisory_unlock($1)', [GATE]);
  }

  /** Ends the transaction without its commit. */
  async rollBack(pid: number): Promise<void> {
    await this.admin.query('SELECT pg_cancel_backend($1)', [pid]);
    await this.release();
  }
}
