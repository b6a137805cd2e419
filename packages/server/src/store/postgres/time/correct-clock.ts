import type { ClientBase, Pool } from 'pg';
import type { Log } from '../../../core/log.js';
import type { ParsedUrl } from '../driver/connections.js';
import { Pipeline } from '../driver/pipeline.js';
import { beginStatements } from '../driver/sessions.js';
import type { ClockRow, Correction, Resolution, StoreClock } from './store-clock.js';
import { CLOCK } from './store-time-sql.js';

const LOCK = 'SELECT 1 FROM millrace.store_clock FOR UPDATE';
/** After the lock, and so by what the last one has left. */
const LOOK = `SELECT floor(${CLOCK})::bigint AS "storeMs", offset_ms AS "offsetMs"
  FROM millrace.store_clock`;
const MOVE = 'UPDATE millrace.store_clock SET offset_ms = $1';

const AGAIN_AFTER_MS = 500;

interface ClockListener {
  /** Store time is another than this node had counted. */
  adopted(): void;
  /** The offset was moved: the other nodes should look. */
  corrected(): void;
}

/** Mends store time on behalf of this node when the database's clock has jumped. */
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

  /** However often it takes, until this node and the database agree. */
  start(jumpMs: number): void {
    const fields = { jump_ms: Math.round(jumpMs) };
    this.log.warn(
      "the database's clock jumped; nothing is ended by time until that is mended",
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
        // The calls of this node tell the log why the database does not answer.
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
  agree: "the store's time is as it was counted again",
  adopt: "this node's own time was wrong: it goes by the store's",
  correct: "the store's time was corrected and goes on as before the jump",
};

/** Looks at the clock again, alone among all nodes, and acts as `StoreClock` says. */
export async function correctClock(
  client: ClientBase,
  url: ParsedUrl,
  clock: StoreClock,
): Promise<Resolution> {
  const pipeline = new Pipeline(client, url.prepare);
  for (const text of beginStatements(url.prepare)) pipeline.send(text);
  pipeline.send(LOCK);
  // By itself, so that what it hears is new.
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
