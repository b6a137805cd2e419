import type { Clock } from '../clock.js';
import type { ReadyQueue } from '../store/store.js';
import { newWaiter, QueueWaiters } from './queue-waiters.js';

/** Whether the client of a call is still there. */
export interface Presence {
  gone(): boolean;
  /** Calls back once when it goes; returns a function that stops listening. */
  onGone(callback: () => void): () => void;
}

/** Clients share one bound on how many may wait; workers of push subscriptions have their own. */
export type WaiterKind = 'client' | 'push';

/**
 * Consumers that wait for a message. A consumer registers before it looks, so that a message which
 * arrives in between wakes it. As many consumers are woken as messages became available.
 */
export interface LongPolls {
  /** Undefined when as many clients wait as are allowed, in total or in this project. */
  register(project: string, queue: string, kind: WaiterKind): LongPoll | undefined;
  wake(queues: readonly ReadyQueue[] | 'all'): void;
  /** How many are registered. */
  count(kind: WaiterKind): number;
  /** Ends every wait, current and future. */
  stop(): void;
}

export interface LongPoll {
  /** Resolves true if woken since the last call, false if the time is up or the wait was ended. */
  wait(timeoutMs: number, presence: Presence): Promise<boolean>;
  /** True if the client has gone or the server is stopping. */
  ended(presence: Presence): boolean;
  /** `satisfied`: it got its messages. If not, a wake that it received is passed to another waiter. */
  close(satisfied: boolean): void;
}

export interface LongPollLimits {
  /** Clients that may wait at once; a project may use at most as many as it leaves free. */
  readonly clients: number;
  readonly clientsOfProject: number;
  /** How often one waiter of each queue is woken in case a notification was lost; null: never. */
  readonly safetyPollMs: number | null;
}

export function createLongPolls(clock: Clock, limits: LongPollLimits): LongPolls {
  const waits = new Waits(clock, limits);
  return {
    register: (project, queue, kind) => waits.register(project, queue, kind),
    wake: (queues) => (queues === 'all' ? waits.wakeAll() : waits.wake(queues)),
    count: (kind) => waits.count(kind),
    stop: () => waits.stop(),
  };
}

/** All who wait, by queue. */
class Waits {
  isStopped = false;
  private readonly byQueue = new Map<string, QueueWaiters>();
  private readonly clientsByProject = new Map<string, number>();
  private readonly counts: Record<WaiterKind, number> = { client: 0, push: 0 };

  constructor(
    private readonly clock: Clock,
    private readonly limits: LongPollLimits,
  ) {}

  register(project: string, queue: string, kind: WaiterKind): LongPoll | undefined {
    if (kind === 'client' && !this.mayWait(project)) return undefined;
    const key = keyOf(project, queue);
    let waiters = this.byQueue.get(key);
    if (waiters === undefined) {
      waiters = new QueueWaiters(this.clock, this.limits.safetyPollMs);
      this.byQueue.set(key, waiters);
    }
    this.recount(project, kind, 1);
    const left = (waiters: QueueWaiters): void => {
      this.recount(project, kind, -1);
      if (waiters.isEmpty) this.byQueue.delete(key);
    };
    return new Wait(this.clock, waiters, left, () => this.isStopped);
  }

  wake(queues: readonly ReadyQueue[]): void {
    if (this.byQueue.size === 0) return;
    for (const { project, queue, messages } of queues) {
      this.byQueue.get(keyOf(project, queue))?.wakeSome(messages);
    }
  }

  wakeAll(): void {
    for (const waiters of this.byQueue.values()) waiters.wakeSome(Number.POSITIVE_INFINITY);
  }

  count(kind: WaiterKind): number {
    return this.counts[kind];
  }

  stop(): void {
    this.isStopped = true;
    for (const waiters of this.byQueue.values()) waiters.wakeAsleep();
  }

  private mayWait(project: string): boolean {
    const own = this.clientsByProject.get(project) ?? 0;
    const { clients, clientsOfProject } = this.limits;
    return own < clientsOfProject && own < clients - this.counts.client;
  }

  private recount(project: string, kind: WaiterKind, change: 1 | -1): void {
    this.counts[kind] += change;
    if (kind === 'push') return;
    const own = (this.clientsByProject.get(project) ?? 0) + change;
    if (own === 0) this.clientsByProject.delete(project);
    else this.clientsByProject.set(project, own);
  }
}

/** One consumer that waits, from its registration to its close. */
class Wait implements LongPoll {
  private readonly waiter = newWaiter();
  private isClosed = false;

  constructor(
    private readonly clock: Clock,
    private readonly waiters: QueueWaiters,
    private readonly left: (waiters: QueueWaiters) => void,
    private readonly isStopped: () => boolean,
  ) {
    waiters.enter(this.waiter);
  }

  wait(timeoutMs: number, presence: Presence): Promise<boolean> {
    const { waiter, waiters, clock } = this;
    return new Promise((resolve) => {
      let isOver = false;
      const finish = (): void => {
        // A client that goes may be heard of when the wait is over already.
        if (isOver) return;
        isOver = true;
        cancelTimer();
        stopListening();
        waiter.notify = null;
        waiters.looks(waiter);
        const isWoken = waiter.isWoken && !this.ended(presence);
        waiter.isWoken = false;
        resolve(isWoken);
      };
      const cancelTimer =
        timeoutMs === Number.POSITIVE_INFINITY
          ? () => undefined
          : clock.setTimer(finish, timeoutMs);
      const stopListening = presence.onGone(finish);
      waiter.notify = finish;
      waiters.sleeps(waiter);
      if (waiter.isWoken || this.ended(presence)) finish();
    });
  }

  ended(presence: Presence): boolean {
    return this.isStopped() || presence.gone();
  }

  close(satisfied: boolean): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.waiters.leave(this.waiter);
    this.left(this.waiters);
    const { isWoken, wasWoken, isSafetyWake } = this.waiter;
    // Where one was lost, more may have been.
    if (satisfied && isSafetyWake) this.waiters.wakeForSafety();
    // A wake that it had no use for, or that came after the one it used, is another's.
    else if (isWoken || (wasWoken && !satisfied && !isSafetyWake)) this.waiters.wakeSome(1);
  }
}

const keyOf = (project: string, queue: string): string => `${project}\n${queue}`;
