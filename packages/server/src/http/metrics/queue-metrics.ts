import { Gauge, type Registry } from 'prom-client';
import type { ConsumerBook } from '../../core/consumers/consumer-book.js';
import { consumersOf } from '../../core/store/queue-consumers.js';
import type { QueueDepth, Store } from '../../core/store/store.js';

const PAGE_SIZE = 500;
/** The most queues on the page, since each adds seven lines; the newest ones are left out. */
const QUEUES_MAX = 10_000;

export interface QueueSources {
  readonly store: Store;
  readonly consumers: ConsumerBook;
  readonly nodeId: string;
}

/** What each queue contains and who consumes it, read from the store when the page is requested. */
export class QueueMetrics {
  private readonly messages: Gauge;
  private readonly oldestAge: Gauge;
  private readonly waiting: Gauge;
  private readonly lastFetchAge: Gauge;

  constructor(
    private readonly sources: QueueSources,
    registry: Registry,
  ) {
    const registers = [registry];
    const labelNames = ['project', 'queue'];
    this.messages = new Gauge({
      name: 'millrace_queue_messages',
      help: 'Messages of a queue by state: available, in_flight, delayed, or dead for dead letters that came from it.',
      labelNames: [...labelNames, 'state'],
      registers,
    });
    this.oldestAge = new Gauge({
      name: 'millrace_queue_oldest_age_seconds',
      help: 'Age of the oldest message that is available or in flight; 0 if there is none.',
      labelNames,
      registers,
    });
    this.waiting = new Gauge({
      name: 'millrace_queue_waiting_consumers',
      help: 'Calls of consume that wait for a message, on all nodes.',
      labelNames,
      registers,
    });
    this.lastFetchAge = new Gauge({
      name: 'millrace_queue_last_fetch_age_seconds',
      help: 'Time since a consume last looked for messages, on any node; absent if none ever did.',
      labelNames,
      registers,
    });
  }

  /** @returns whether the store answered */
  async refresh(): Promise<boolean> {
    const depths = await this.depths().catch(() => undefined);
    for (const gauge of [this.messages, this.oldestAge, this.waiting, this.lastFetchAge]) {
      gauge.reset();
    }
    if (depths === undefined) return false;
    const nowMs = this.sources.store.clock.nowMs();
    for (const depth of depths) this.show(depth, nowMs);
    return true;
  }

  private show({ project, queue, counts }: QueueDepth, nowMs: number): void {
    const { available, inFlight, delayed, dlq, oldestAtMs } = counts;
    const secondsSince = (timeMs: number): number => Math.max(0, nowMs - timeMs) / 1_000;
    for (const [state, messages] of [
      ['available', available],
      ['in_flight', inFlight],
      ['delayed', delayed],
      ['dead', dlq],
    ] as const) {
      this.messages.labels(project, queue, state).set(messages);
    }
    const ageSeconds = oldestAtMs === null ? 0 : secondsSince(oldestAtMs);
    this.oldestAge.labels(project, queue).set(ageSeconds);
    const own = this.sources.consumers.of(project, queue);
    const { waiting, lastFetchAtMs } = consumersOf(counts.consumers, own);
    this.waiting.labels(project, queue).set(waiting);
    if (lastFetchAtMs === null) return;
    this.lastFetchAge.labels(project, queue).set(secondsSince(lastFetchAtMs));
  }

  private async depths(): Promise<QueueDepth[]> {
    const { store, nodeId } = this.sources;
    const depths: QueueDepth[] = [];
    while (depths.length < QUEUES_MAX) {
      const after = depths.at(-1)?.queueId ?? 0;
      const page = await store.read({ kind: 'queueDepths', after, limit: PAGE_SIZE, nodeId });
      depths.push(...page);
      if (page.length < PAGE_SIZE) break;
    }
    return depths;
  }
}
