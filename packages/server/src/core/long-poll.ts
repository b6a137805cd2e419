import type { Clock } from './clock.js';
import type { ReadyQueue } from './store.js';

/** Whether the client that asked is still there. */
export interface Presence {
  gone(): boolean;
  /** Calls back once when it goes; returns the way to stop listening. */
  onGone(callback: () => void): () => void;
}

/**
 * Consumers that wait for a message. One that waits registers before it looks, so that a message
 * which arrives in between wakes it; as many are woken as messages became available.
 */
export interface LongPolls {
  /** Undefined when as many wait as may. */
  register(project: string, queue: string): LongPoll | undefined;
  wake(queues: readonly ReadyQueue[] | 'all'): void;
  /** Ends every wait, now and later. */
  stop(): void;
}

export interface LongPoll {
  /** Resolves true when woken since the last call, false when time is up or the wait was ended. */
  wait(timeoutMs: number, presence: Presence): Promise<boolean>;
  /** The client has gone or the server stops: there is nothing left to wait for. */
  ended(presence: Presence): boolean;
  /** `satisfied`: it got its messages. Otherwise a wake that it had goes on to another waiter. */
  close(satisfied: boolean): void;
}

interface Waiter {
  /** Woken since the last wait began. */
  woken: boolean;
  everWoken: boolean;
  notify: (() => void) | null;
}

export function createLongPolls(clock: Clock, maxWaiters: number): LongPolls {
  const waitersByQueue = new Map<string, Set<Waiter>>();
  let count = 0;
  let stopped = false;

  const wakeOne = (waiter: Waiter): void => {
    waiter.woken = true;
    waiter.everWoken = true;
    waiter.notify?.();
  };

  const wake = (queues: readonly ReadyQueue[]): void => {
    if (count === 0) return;
    for (const { project, queue, messages } of queues) {
      const waiters = [...(waitersByQueue.get(`${project}\n${queue}`) ?? [])].filter(
        (waiter) => !waiter.woken,
      );
      // Who waits comes first; who is just looking, for older news, looks again.
      const inTurn = [
        ...waiters.filter((waiter) => waiter.notify !== null),
        ...waiters.filter((waiter) => waiter.notify === null),
      ];
      for (const waiter of inTurn.slice(0, messages)) wakeOne(waiter);
    }
  };

  const wakeAll = (): void => {
    for (const waiters of waitersByQueue.values()) for (const waiter of waiters) wakeOne(waiter);
  };

  return {
    register(project, queue) {
      if (count >= maxWaiters) return undefined;
      const key = `${project}\n${queue}`;
      const waiter: Waiter = { woken: false, everWoken: false, notify: null };
      const waiters = waitersByQueue.get(key) ?? new Set();
      waitersByQueue.set(key, waiters.add(waiter));
      count += 1;
      return {
        wait: (timeoutMs, presence) => waitFor(waiter, timeoutMs, presence, clock, () => stopped),
        ended: (presence) => stopped || presence.gone(),
        close(satisfied) {
          if (!waiters.delete(waiter)) return;
          count -= 1;
          if (waiters.size === 0) waitersByQueue.delete(key);
          // A wake that it had no use for, or that came after the one it used, is another's.
          else if (waiter.woken || (waiter.everWoken && !satisfied)) {
            wake([{ project, queue, messages: 1 }]);
          }
        },
      };
    },
    wake: (queues) => (queues === 'all' ? wakeAll() : wake(queues)),
    stop() {
      stopped = true;
      wakeAll();
    },
  };
}

function waitFor(
  waiter: Waiter,
  timeoutMs: number,
  presence: Presence,
  clock: Clock,
  stopped: () => boolean,
): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (): void => {
      cancelTimer();
      stopListening();
      waiter.notify = null;
      const woken = waiter.woken && !presence.gone() && !stopped();
      waiter.woken = false;
      resolve(woken);
    };
    const cancelTimer = clock.setTimer(finish, timeoutMs);
    const stopListening = presence.onGone(finish);
    waiter.notify = finish;
    if (waiter.woken || presence.gone() || stopped()) finish();
  });
}
