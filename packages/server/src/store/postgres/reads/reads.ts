import type { Pool } from 'pg';
import { type Clock, monotonicMs } from '../../../core/clock.js';
import { ReadLanes } from '../../../core/engine/read-lanes.js';
import type { Log } from '../../../core/log.js';
import { RefusalError } from '../../../core/refusal.js';
import type { Query, QueryKind, ReadResult } from '../../../core/store/store.js';
import { tellFault } from '../../../core/store/store-lines.js';
import { isConnectionLoss, refusalOf } from '../driver/errors.js';
import { Pipeline } from '../driver/pipeline.js';
import type { Reachability } from '../driver/reachability.js';
import { mayTryAgain, pauseBefore } from '../driver/repetition.js';
import { beginStatements, rollBack } from '../driver/sessions.js';
import { OldestKnown } from '../tuning/oldest-known.js';
import { answerQuery } from './queries.js';

/** The reads of a node, on connections that commit groups do not use. */
export class Reads {
  private readonly lanes: ReadLanes;
  private readonly oldest = new OldestKnown();
  private stopped = false;

  constructor(
    private readonly pool: Pool,
    connectionsMax: number,
    private readonly prepares: boolean,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly reachability: Reachability,
  ) {
    // One connection stays free for reads of the server itself.
    const shared = Math.max(1, connectionsMax - 1);
    const long = Math.max(1, Math.floor(shared / 2));
    this.lanes = new ReadLanes(long, Math.max(1, shared - long));
  }

  read<K extends QueryKind>(query: Query<K>): Promise<ReadResult[K]> {
    return this.lanes.run(query as Query, () => this.readInTurn(query));
  }

  /** Stops repeating failed reads. */
  stop(): void {
    this.stopped = true;
  }

  private async readInTurn<K extends QueryKind>(query: Query<K>): Promise<ReadResult[K]> {
    const startedMs = monotonicMs();
    for (let attempt = 1; ; attempt += 1) {
      try {
        const result = await this.readOnce(query);
        this.reachability.answered();
        return result;
      } catch (error) {
        if (error instanceof RefusalError) throw error;
        if (isConnectionLoss(error)) this.reachability.failed(error);
        // A ping asks for the state right now.
        const isFinal = query.kind === 'ping' || this.stopped;
        if (isFinal || !mayTryAgain(error, attempt, startedMs)) {
          const refusal = refusalOf(error);
          tellFault(this.log, refusal);
          throw new RefusalError(refusal);
        }
        await pauseBefore(attempt + 1);
      }
    }
  }

  private async readOnce<K extends QueryKind>(query: Query<K>): Promise<ReadResult[K]> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      const pipeline = new Pipeline(client, this.prepares);
      if (this.prepares) return await answerQuery(pipeline, query, this.clock.nowMs(), this.oldest);
      // Settings that last for one transaction need a transaction.
      for (const text of beginStatements(false)) pipeline.send(text);
      const result = await answerQuery(pipeline, query, this.clock.nowMs(), this.oldest);
      pipeline.send('COMMIT');
      await pipeline.settled();
      return result;
    } catch (error) {
      if (!(error instanceof RefusalError) && isConnectionLoss(error)) broken = error as Error;
      else if (!this.prepares) broken = await rollBack(client);
      throw error;
    } finally {
      client.release(broken);
    }
  }
}
