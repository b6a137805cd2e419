import { Gauge, type Registry } from 'prom-client';
import type { QueueDepth, Store } from '../../core/store/store.js';

const PAGE_SIZE = 500;
/** The most queues on the page, since each adds five lines; the newest ones are left out. */
const QUEUES_MAX = 10_000;

/** Depths and ages of the queues, read from the store when the page is requested. */
export class QueueMetrics {
  private readonly messages: Gauge;
  private readonly oldestAge: Gauge;
  private readonly storeUp: Gauge;

  constructor(
    private readonly store: Store,
    registry: Registry,
  ) {
    const registers = [registry];
    this.messages = new Gauge({
      name: 'millrace_queue_messages',
      help: 'Messages of a queue by state: available, in_flight, delayed, or dead for dead letters that came from it.',
      labelNames: ['project', 'queue', 'state'],
      registers,
    });
    this.oldestAge = new Gauge({
      name: 'millrace_queue_oldest_age_seconds',
      help: 'Age of the oldest message that is available or in flight; 0 if there is none.',
      labelNames: ['project', 'queue'],
      registers,
    });
    this.storeUp = new Gauge({
      name: 'millrace_store_up',
      help: 'Whether the store answered: 1, or 0 if it did not, in which case there are no metrics of queues.',
      registers,
    });
  }

  async refresh(): Promise<void> {
    // The other metrics are needed most while the store cannot be reached.
    const depths = await this.depths().catch(() => undefined);
    const nowMs = this.store.clock.nowMs();
    this.messages.reset();
    this.oldestAge.reset();
    this.storeUp.set(depths === undefined ? 0 : 1);
    if (depths === undefined) return;
    for (const { project, queue, counts } of depths) {
      const { available, inFlight, delayed, dlq, oldestAtMs } = counts;
      const states = { available, in_flight: inFlight, delayed, dead: dlq };
      for (const [state, messages] of Object.entries(states)) {
        this.messages.set({ project, queue, state }, messages);
      }
      const ageMs = oldestAtMs === null ? 0 : Math.max(0, nowMs - oldestAtMs);
      this.oldestAge.set({ project, queue }, ageMs / 1_000);
    }
  }

  private async depths(): Promise<QueueDepth[]> {
    const depths: QueueDepth[] = [];
    while (depths.length < QUEUES_MAX) {
      const after = depths.at(-1)?.queueId ?? 0;
      const page = await this.store.read({ kind: 'queueDepths', after, limit: PAGE_SIZE });
      depths.push(...page);
      if (page.length < PAGE_SIZE) break;
    }
    return depths;
  }
}
