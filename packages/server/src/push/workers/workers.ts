import type { PushSubscriptionRow } from '../../core/queue/push-subscription.js';
import { PostSlots } from '../delivery/post-slots.js';
import { idsOf } from '../delivery/push-lines.js';
import type { PushDependencies } from '../push-dependencies.js';
import { SubscriptionWorker } from './subscription-worker.js';

interface Known {
  /** The row as stored, to detect whether it has changed. */
  readonly rowText: string;
  /** Undefined if no key opens the subscription. */
  readonly worker: SubscriptionWorker | undefined;
}

export interface BreakerState {
  readonly project: string;
  readonly queue: string;
  readonly subscriptionId: string;
  readonly isBreakerOpen: boolean;
}

export interface BreakerNow {
  readonly isOpen: boolean;
  /** How long it admits no probe; undefined while it is closed or a probe is under way. */
  readonly probeInMs: number | undefined;
}

/** The workers of this node, one for each active subscription, by queue and id. */
export class Workers {
  private readonly byQueue = new Map<string, Map<string, Known>>();
  private readonly ending = new Set<Promise<void>>();
  /** By subscription, also of workers that are ending. */
  private readonly slots = new Map<string, PostSlots>();

  constructor(
    private readonly dependencies: PushDependencies,
    /** A worker has found that the subscriptions of its queue may have changed. */
    private readonly changed: (project: string, queue: string) => void,
  ) {}

  /** The number of messages being posted. */
  get posting(): number {
    let posting = 0;
    for (const { taken } of this.slots.values()) posting += taken;
    return posting;
  }

  /** The subscriptions with a worker, and whether their breakers are open. */
  breakers(): BreakerState[] {
    return [...this.byQueue].flatMap(([key, known]) => {
      const [project, queue] = key.split('\n') as [string, string];
      return [...known].flatMap(([subscriptionId, { worker }]) =>
        worker === undefined
          ? []
          : [{ project, queue, subscriptionId, isBreakerOpen: worker.isBreakerOpen }],
      );
    });
  }

  /** The breaker of a subscription; undefined if this node does not push for it. */
  breakerOf(project: string, queue: string, subscriptionId: string): BreakerNow | undefined {
    const worker = this.byQueue.get(keyOf(project, queue))?.get(subscriptionId)?.worker;
    return worker && { isOpen: worker.isBreakerOpen, probeInMs: worker.probeInMs };
  }

  /** Applies the current state of a subscription. */
  keep(row: PushSubscriptionRow): void {
    const { project, queue, subscriptionId, state } = row;
    const known = this.byQueue.get(keyOf(project, queue))?.get(subscriptionId);
    if (state !== 'active') return this.end(project, queue, subscriptionId);
    const rowText = JSON.stringify(row);
    if (known?.rowText === rowText) return;
    const opened = this.dependencies.secrets.openTexts(row);
    if (opened === undefined) {
      this.dependencies.processLog.counted(
        'warn',
        'push subscription was sealed under another key',
        idsOf(row),
      );
      this.end(project, queue, subscriptionId);
      this.set(row, { rowText, worker: undefined });
    } else if (known?.worker === undefined) {
      const changed = (): void => this.changed(project, queue);
      const slots = this.slots.get(subscriptionId) ?? new PostSlots();
      this.slots.set(subscriptionId, slots);
      const worker = new SubscriptionWorker(this.dependencies, opened, slots, changed);
      this.set(row, { rowText, worker });
      worker.start();
    } else {
      this.set(row, { ...known, rowText });
      known.worker.update(opened);
    }
  }

  /** Applies all subscriptions of a queue: workers of any others are ended. */
  keepOnly(project: string, queue: string, rows: readonly PushSubscriptionRow[]): void {
    const ids = new Set(rows.map(({ subscriptionId }) => subscriptionId));
    for (const id of this.byQueue.get(keyOf(project, queue))?.keys() ?? []) {
      if (!ids.has(id)) this.end(project, queue, id);
    }
    for (const row of rows) this.keep(row);
  }

  /** Ends all workers; resolves when everything they had under way has ended. */
  async endAll(): Promise<void> {
    for (const [key, known] of [...this.byQueue]) {
      const [project, queue] = key.split('\n') as [string, string];
      for (const id of [...known.keys()]) this.end(project, queue, id);
    }
    await Promise.all(this.ending);
  }

  private set({ project, queue, subscriptionId }: PushSubscriptionRow, known: Known): void {
    const key = keyOf(project, queue);
    const ofQueue = this.byQueue.get(key) ?? new Map<string, Known>();
    this.byQueue.set(key, ofQueue.set(subscriptionId, known));
  }

  private end(project: string, queue: string, id: string): void {
    const key = keyOf(project, queue);
    const ofQueue = this.byQueue.get(key);
    const known = ofQueue?.get(id);
    if (ofQueue === undefined || known === undefined) return;
    ofQueue.delete(id);
    if (ofQueue.size === 0) this.byQueue.delete(key);
    if (known.worker === undefined) return;
    const ended = known.worker.stop().finally(() => {
      this.ending.delete(ended);
      if (this.byQueue.get(key)?.get(id)?.worker !== undefined) return;
      if (this.slots.get(id)?.taken === 0) this.slots.delete(id);
      this.dependencies.client.forget(id);
    });
    this.ending.add(ended);
  }
}

/** Names have no line feeds. */
const keyOf = (project: string, queue: string): string => `${project}\n${queue}`;
