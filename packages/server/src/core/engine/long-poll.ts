import type { Clock } from '../clock.js';
import type { ReadyQueue } from '../store/store.js';

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

interface Waiter {
  /** Woken since the last wait began. */
  woken: boolean;
  everWoken: boolean;
  /** Woken by the safety poll, not because a message became available. */
  looksForLost: boolean;
  notify: (() => void) | null;
}

/** The waiters of one queue, in the order in which they came. */
interface QueueWaiters {
  count: number;
  readonly asleep: Set<Waiter>;
  /** Waiters that are looking right now and may miss a new message; a woken one is in neither set. */
  readonly looking: Set<Waiter>;
  /** How many are still to be woken, in later turns of the event loop. */
  wakesLeft: number;
  cancelSafetyPoll: (() => void) | undefined;
}

/** How many are woken in one turn of the event loop: each of them sends a command to the store. */
const WOKEN_AT_ONCE = 32;

export function createLongPolls(clock: Clock, limits: LongPollLimits): LongPolls {
  const byQueue = new Map<string, QueueWaiters>();
  const clientsByProject = new Map<string, number>();
  const counts: Record<WaiterKind, number> = { client: 0, push: 0 };
  let stopped = false;

  const wakeOne = (waiters: QueueWaiters, waiter: Waiter): void => {
    waiters.asleep.delete(waiter);
    waiters.looking.delete(waiter);
    waiter.woken = true;
    waiter.everWoken = true;
    waiter.looksForLost = false;
    waiter.notify?.();
  };

  /** Wakes sleeping waiters first, then those that are looking already, which then look again. */
  const wakeSome = (waiters: QueueWaiters, messages: number): void => {
    const isUnderWay = waiters.wakesLeft > 0;
    // Waiters that come later look anyway.
    const wakeable = waiters.asleep.size + waiters.looking.size;
    waiters.wakesLeft = Math.min(waiters.wakesLeft + messages, wakeable);
    if (!isUnderWay) wakeSlice(waiters);
  };

  const wakeSlice = (waiters: QueueWaiters): void => {
    for (let woken = 0; woken < WOKEN_AT_ONCE && waiters.wakesLeft > 0; woken += 1) {
      const next = first(waiters.asleep) ?? first(waiters.looking);
      if (next === undefined) {
        waiters.wakesLeft = 0;
        return;
      }
      waiters.wakesLeft -= 1;
      wakeOne(waiters, next);
    }
    if (waiters.wakesLeft > 0) setImmediate(() => wakeSlice(waiters));
  };

  const wake = (queues: readonly ReadyQueue[]): void => {
    for (const { project, queue, messages } of queues) {
      const waiters = byQueue.size === 0 ? undefined : byQueue.get(keyOf(project, queue));
      if (waiters !== undefined) wakeSome(waiters, messages);
    }
  };

  const wakeAll = (): void => {
    for (const waiters of byQueue.values()) wakeSome(waiters, waiters.count);
  };

  const lookForLost = (waiters: QueueWaiters): void => {
    const next = first(waiters.asleep);
    if (next === undefined) return;
    wakeOne(waiters, next);
    next.looksForLost = true;
  };

  const pollForSafety = (waiters: QueueWaiters): void => {
    if (limits.safetyPollMs === null || waiters.cancelSafetyPoll !== undefined) return;
    waiters.cancelSafetyPoll = clock.setTimer(() => {
      waiters.cancelSafetyPoll = undefined;
      lookForLost(waiters);
      if (waiters.count > 0) pollForSafety(waiters);
    }, limits.safetyPollMs);
  };

  const enter = (key: string, waiter: Waiter): QueueWaiters => {
    let waiters = byQueue.get(key);
    if (waiters === undefined) {
      waiters = {
        count: 0,
        asleep: new Set(),
        looking: new Set(),
        wakesLeft: 0,
        cancelSafetyPoll: undefined,
      };
      byQueue.set(key, waiters);
    }
    waiters.count += 1;
    waiters.looking.add(waiter);
    pollForSafety(waiters);
    return waiters;
  };

  const leave = (key: string, waiters: QueueWaiters): void => {
    if (waiters.count > 0) return;
    waiters.cancelSafetyPoll?.();
    byQueue.delete(key);
  };

  const mayWait = (project: string): boolean => {
    const own = clientsByProject.get(project) ?? 0;
    return own < limits.clientsOfProject && own < limits.clients - counts.client;
  };

  const count = (project: string, kind: WaiterKind, change: 1 | -1): void => {
    counts[kind] += change;
    if (kind === 'push') return;
    const own = (clientsByProject.get(project) ?? 0) + change;
    if (own === 0) clientsByProject.delete(project);
    else clientsByProject.set(project, own);
  };

  return {
    register(project, queue, kind) {
      if (kind === 'client' && !mayWait(project)) return undefined;
      const key = keyOf(project, queue);
      const waiter: Waiter = { woken: false, everWoken: false, looksForLost: false, notify: null };
      const waiters = enter(key, waiter);
      count(project, kind, 1);
      let closed = false;
      return {
        wait: (timeoutMs, presence) =>
          waitFor(waiter, waiters, timeoutMs, presence, clock, () => stopped),
        ended: (presence) => stopped || presence.gone(),
        close(satisfied) {
          if (closed) return;
          closed = true;
          waiters.asleep.delete(waiter);
          waiters.looking.delete(waiter);
          waiters.count -= 1;
          count(project, kind, -1);
          leave(key, waiters);
          // If one notification was lost, more may have been.
          if (satisfied && waiter.looksForLost) lookForLost(waiters);
          // A wake that it did not use, or that came after the one it used, goes to another waiter.
          else if (waiter.woken || (waiter.everWoken && !satisfied && !waiter.looksForLost)) {
            wakeSome(waiters, 1);
          }
        },
      };
    },
    wake: (queues) => (queues === 'all' ? wakeAll() : wake(queues)),
    count: (kind) => counts[kind],
    stop() {
      stopped = true;
      // All at once: none of them will send another command to the store.
      for (const waiters of byQueue.values()) {
        for (const waiter of [...waiters.asleep]) wakeOne(waiters, waiter);
      }
    },
  };
}

const keyOf = (project: string, queue: string): string => `${project}\n${queue}`;

const first = <T>(set: ReadonlySet<T>): T | undefined => set.values().next().value;

function waitFor(
  waiter: Waiter,
  { asleep, looking }: QueueWaiters,
  timeoutMs: number,
  presence: Presence,
  clock: Clock,
  stopped: () => boolean,
): Promise<boolean> {
  return new Promise((resolve) => {
    let over = false;
    const finish = (): void => {
      // The client may be reported gone after the wait is over.
      if (over) return;
      over = true;
      cancelTimer();
      stopListening();
      waiter.notify = null;
      asleep.delete(waiter);
      looking.add(waiter);
      const woken = waiter.woken && !presence.gone() && !stopped();
      waiter.woken = false;
      resolve(woken);
    };
    const cancelTimer =
      timeoutMs === Number.POSITIVE_INFINITY ? () => undefined : clock.setTimer(finish, timeoutMs);
    const stopListening = presence.onGone(finish);
    waiter.notify = finish;
    looking.delete(waiter);
    asleep.add(waiter);
    if (waiter.woken || presence.gone() || stopped()) finish();
  });
}
