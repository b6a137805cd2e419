import { Gauge, type Registry } from 'prom-client';
import type { Store } from '../../core/store/store.js';

/** Whether the store works, and how much room it has. */
export class StoreMetrics {
  private readonly up: Gauge;
  private readonly publishingStopped: Gauge;
  private readonly diskFree: Gauge;
  private readonly wal: Gauge;

  constructor(
    private readonly store: Store,
    registry: Registry,
  ) {
    const gauge = (name: string, help: string): Gauge =>
      new Gauge({ name, help, registers: [registry] });
    this.up = gauge(
      'millrace_store_up',
      'Whether the store answered: 1, or 0 if it did not, in which case there are no metrics of queues.',
    );
    this.publishingStopped = gauge(
      'millrace_publishing_stopped',
      'Whether publishing has stopped for lack of disk space: 1 or 0.',
    );
    this.diskFree = gauge(
      'millrace_disk_free_bytes',
      'Free space of the disk that the store is on; only of a store in a file.',
    );
    this.wal = gauge(
      'millrace_wal_size_bytes',
      'Size of the write-ahead log; only of a store in a file.',
    );
  }

  /** @param isUp whether the store has answered another read */
  async refresh(isUp: boolean): Promise<void> {
    this.up.set(isUp ? 1 : 0);
    for (const gauge of [this.publishingStopped, this.diskFree, this.wal]) gauge.remove();
    // A disk that cannot be asked must not hide the other metrics.
    const why = await this.store.whyPublishingStops().catch(() => undefined);
    if (why !== undefined) this.publishingStopped.set(why === null ? 0 : 1);
    const space = await this.store.space().catch(() => null);
    if (space === null) return;
    this.diskFree.set(space.diskFreeBytes);
    this.wal.set(space.walBytes);
  }
}
