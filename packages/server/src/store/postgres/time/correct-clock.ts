import type { ClientBase, Pool } from 'pg';
import type { Log } from '../../../core/log.js';
import type { ParsedUrl } from '../driver/connections.js';
import { Pipeline } from '../driver/pipeline.js';
import { beginStatements } from '../driver/sessions.js';
import type { ClockRow, Correction, Resolution, StoreClock } from './store-clock.js';
import { CLOCK } from './store-time-sql.js';

const LOCK = 'SELECT 1 FROM millrace.store_clock FOR UPDATE';
/** After the lock, so that it sees the offset that the last node has set. */
const LOOK = `SELECT floor(${CLOCK})::bigint AS "storeMs", offset_ms AS "offsetMs"
  FROM millrace.store_clock`;
const MOVE = 'UPDATE millrace.store_clock SET offset_ms = $1';

const AGAIN_AFTER_MS = 500;

interface ClockListener {
  /** This node has adopted a store time other than its own count. */
  adopted(): void;
  /** This node has moved the offset, so the other nodes should compare. */
  corrected(): void;
}

/** Corrects store time on behalf of this node after the database's clock has jumped. */
export class ClockCorrection {
  private underWay: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly pool: Pool,
    private readonly url: ParsedUrl,
    private readonly clock: StoreClock,
    private readonly log: Log,
    private readonly told: ClockListener,
  ) {}

  /** Tries as often as needed until this node and the database agree. */
  start(jumpMs: number): void {
    const fields = { jump_ms: Math.round(jumpMs) };
    this.log.warn(
      "the database's clock jumped; leases, delays and retention do not end until that is corrected",
      fields,
    );
    this.underWay ??= this.run().finally(() => {
      this.underWay = undefined;
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.underWay;
  }

  private async run(): Promise<void> {
    while (!this.stopped && !this.clock.isTrusted()) {
      try {
        await this.correct();
      } catch {
        // The calls of this node log why the database does not answer.
        await new Promise<void>((resolve) => {
          this.clock.setTimer(resolve, AGAIN_AFTER_MS);
        });
      }
    }
  }

  private async correct(): Promise<void> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      const { correction, row } = await correctClock(client, this.url, this.clock);
      this.log.warn(SAID[correction], { offset_ms: row.offsetMs });
      if (correction === 'adopt') this.told.adopted();
      if (correction === 'correct') this.told.corrected();
    } catch (error) {
      broken = error as Error;
      throw error;
    } finally {
      client.release(broken);
    }
  }
}

const SAID: Record<Correction, string> = {
  agree: "the store's time agrees with this node's count again",
  adopt: "this node's own count of time was wrong; it now follows the store's time",
  correct: "the store's time was corrected and continues as before the jump",
};

/** Reads the clock again, with all other nodes locked out, and acts as `StoreClock` decides. */
export async function correctClock(
  client: ClientBase,
  url: ParsedUrl,
  clock: StoreClock,
): Promise<Resolution> {
  const pipeline = new Pipeline(client, url.prepare);
  for (const text of beginStatements(url.prepare)) pipeline.send(text);
  pipeline.send(LOCK);
  // The lock alone, so that the clock is read after it.
  await pipeline.settled();
  const sinceMs = clock.monotonicMs();
  const [row] = (await pipeline.query<ClockRow>(LOOK)) as [ClockRow];
  const resolution = clock.resolve(row);
  if (resolution.correction === 'correct') {
    pipeline.send(MOVE, [resolution.row.offsetMs]);
  }
  pipeline.send('COMMIT');
  await pipeline.settled();
  clock.accept(resolution, sinceMs);
  return resolution;
}
