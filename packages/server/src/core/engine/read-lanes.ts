import type { Query, QueryKind } from '../store/store.js';
import { FairWork } from './fairness/fair-work.js';

/**
 * How reads share a store. Reads that may take long have a lane of their own, so that a short read of one
 * key or one queue never waits behind them. Reads of the server itself wait for no others.
 */
export class ReadLanes {
  private readonly long: FairWork;
  private readonly short: FairWork;

  constructor(longMax: number, shortMax: number) {
    this.long = new FairWork(longMax);
    this.short = new FairWork(shortMax);
  }

  run<T>(query: Query, read: () => Promise<T>): Promise<T> {
    if (!('project' in query)) return read();
    return (isLong(query.kind) ? this.long : this.short).run(query.project, read);
  }

  /** Starts no read of a project until `resume`. Resolves when none is under way. */
  async pause(): Promise<void> {
    await Promise.all([this.long.pause(), this.short.pause()]);
  }

  resume(): void {
    this.long.resume();
    this.short.resume();
  }
}

/** Whether a read may take long: its answer may be large. */
export const isLong = (kind: QueryKind): boolean => LONG.has(kind);

const LONG = new Set<QueryKind>([
  'listQueues',
  'queueIds',
  'peek',
  'message',
  'deadLetters',
  'history',
  'recentMinutes',
]);
