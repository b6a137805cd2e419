import type { Clock } from '../../../core/clock.js';
import { RECORDS_REMOVED, removedPerStep } from '../../../core/engine/removal-pace.js';
import { HISTORY_FLUSH_MS } from '../../../core/store/tallies.js';
import { dropExpiredRecords } from '../commands/drop-expired-records.js';
import type { PostgresTransaction } from './transaction.js';

/**
 * Decides when a commit group removes expired answers and deduplication ids, and how many: once a
 * second, and with every commit group while there are more.
 */
export class Housekeeping {
  private keptAtMs = Number.NEGATIVE_INFINITY;
  /** The number recorded since expired ones were last removed. */
  private remembered = 0;

  /** @param goOnLater runs a commit group if no other one comes soon */
  constructor(
    private readonly clock: Clock,
    private readonly goOnLater: () => void,
  ) {}

  /** @returns a function to call when the commit group has committed */
  async keep(tx: PostgresTransaction, isTimeTrusted: boolean): Promise<() => void> {
    const { remembered } = this;
    const nowMs = this.clock.monotonicMs();
    const isTime = isTimeTrusted && nowMs - this.keptAtMs >= HISTORY_FLUSH_MS;
    if (isTime) this.keptAtMs = nowMs;
    const limit = removedPerStep(remembered, RECORDS_REMOVED);
    const hasMore = isTime && (await dropExpiredRecords(tx, limit));
    return () => {
      const left = isTime ? Math.max(0, this.remembered - remembered) : this.remembered;
      this.remembered = left + tx.remembered;
      if (!hasMore) return;
      this.keptAtMs = Number.NEGATIVE_INFINITY;
      this.goOnLater();
    };
  }
}
