import type { Clock } from '../../core/clock.js';
import type { StorageLimits } from '../../core/limits/storage-limits.js';
import type { Log } from '../../core/log.js';

export interface PostgresStoreOptions {
  readonly url: string;
  readonly directUrl?: string | undefined;
  readonly maxConnections: number;
  /** For tests: replaces the database's clock. */
  readonly makeClock?: (earliestMs: number) => Clock;
  readonly log?: Log;
  readonly limits?: StorageLimits;
}
