import pg from 'pg';
import { causeOf } from '../../core/fault.js';
import type { Log } from '../../core/log.js';
import { StoreOpenError } from '../../core/store.js';
import { type ParsedUrl, patientConfig } from './connections.js';
import { NOW } from './load-queues.js';
import { migrate } from './migrate.js';
import { setSession } from './sessions.js';
import type { StoreClock } from './store-clock.js';

/**
 * Brings the database to what this program knows, and begins to watch its clock.
 *
 * @throws StoreOpenError when it cannot be reached or is not ours to use
 */
export async function openDatabase(url: ParsedUrl, log: Log, clock: StoreClock): Promise<void> {
  const client = new pg.Client(patientConfig(url));
  client.on('error', () => undefined);
  try {
    await client.connect();
    if (url.prepare) await setSession(client, 'migration');
    await migrate(client, log);
    const { rows } = await client.query(NOW);
    const [{ nowMs, clockMoves, watcher }] = rows;
    clock.adopt(Number(nowMs), clockMoves, Number(watcher));
  } catch (error) {
    if (error instanceof StoreOpenError) throw error;
    throw new StoreOpenError(
      `the database cannot be used: ${causeOf(error)}. See that it is running and that --store names it.`,
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}
