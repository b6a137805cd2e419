import { monotonicMs } from '../../core/clock.js';
import { PushFault } from './push-error.js';
import { type Waiter, WaitingNames } from './waiting-names.js';

/** Resolves a name to all its addresses, in the order in which they should be tried. */
export type Lookup = (hostname: string) => Promise<readonly { readonly address: string }[]>;

type Addresses = Awaited<ReturnType<Lookup>>;

/** The project that asks for a lookup, and the signal that ends its interest. */
export interface Asker {
  readonly project: string;
  readonly signal: AbortSignal;
}

/** How many lookups may be under way at once. */
export interface LookupRoom {
  readonly all: number;
  /** The most lookups of names that were never looked up or are slow. */
  readonly unknown: number;
}

/** A name whose last lookup took longer than this counts as slow. */
const SLOW_MS = 1_000;
const REMEMBERED_MAX = 50_000;
const WAITING_PER_PROJECT_MAX = 1_000;

interface UnderWay {
  readonly startMs: number;
  readonly isNew: boolean;
  readonly isSlow: boolean;
  readonly waiters: Set<Waiter<Addresses>>;
}

/**
 * Looks up names, on threads that all lookups share. A lookup continues even after the attempt that
 * asked for it was given up. So names that were never looked up or are slow get little room, slow names
 * the least, and names known to be quick get the rest. A name server that does not answer delays its
 * own receivers and no others.
 */
export class Lookups {
  private readonly underWay = new Map<string, UnderWay>();
  private readonly quick = new WaitingNames<Addresses>(WAITING_PER_PROJECT_MAX);
  private readonly unknown = new WaitingNames<Addresses>(WAITING_PER_PROJECT_MAX);
  /** Whether each name was slow; the name that was looked up longest ago comes first. */
  private readonly wasSlow = new Map<string, boolean>();

  constructor(
    private readonly resolve: Lookup,
    private readonly room: LookupRoom,
    private readonly nowMs: () => number = monotonicMs,
  ) {}

  /** Rejects with the signal's reason when that aborts. */
  lookup(name: string, { project, signal }: Asker): Promise<Addresses> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const waiter = { resolve, reject };
      const running = this.underWay.get(name);
      const waiting = this.wasSlow.get(name) === false ? this.quick : this.unknown;
      if (running === undefined && !waiting.add(project, name, waiter)) {
        return reject(new PushFault('name lookup failed'));
      }
      running?.waiters.add(waiter);
      const giveUp = (): void => {
        waiting.remove(project, name, waiter);
        reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      if (running === undefined) this.startWaiting();
    });
  }

  private startWaiting(): void {
    for (;;) {
      const next = this.next();
      if (next === undefined) return;
      const { name, waiters } = next;
      const running = this.underWay.get(name);
      // Another project asked for the same name, and its turn came first.
      if (running === undefined) void this.run(name, waiters);
      else for (const waiter of waiters) running.waiters.add(waiter);
    }
  }

  private next(): { name: string; waiters: Set<Waiter<Addresses>> } | undefined {
    if (this.underWay.size >= this.room.all) return undefined;
    const quick = this.quick.take(() => true);
    if (quick !== undefined) return quick;
    const nowMs = this.nowMs();
    const all = [...this.underWay.values()];
    // A lookup that has hung for this long takes the room of a slow name, even if it was quick before.
    const slow = all.filter(({ isSlow, startMs }) => isSlow || nowMs - startMs >= SLOW_MS).length;
    const unknown = all.filter(({ isNew, startMs }) => isNew && nowMs - startMs < SLOW_MS).length;
    if (slow + unknown >= this.room.unknown) return undefined;
    // If there is room for more than one, one is reserved for new names.
    const isRoomForSlow = slow < Math.max(1, this.room.unknown - 1);
    return this.unknown.take((name) => isRoomForSlow || !this.wasSlow.get(name));
  }

  private async run(name: string, waiters: Set<Waiter<Addresses>>): Promise<void> {
    const startMs = this.nowMs();
    const isSlow = this.wasSlow.get(name);
    const lookup = { startMs, isNew: isSlow === undefined, isSlow: isSlow === true, waiters };
    this.underWay.set(name, lookup);
    try {
      const addresses = await this.resolve(name);
      for (const waiter of waiters) waiter.resolve(addresses);
    } catch (error) {
      for (const waiter of waiters) waiter.reject(error);
    }
    this.underWay.delete(name);
    this.remember(name, this.nowMs() - startMs >= SLOW_MS);
    this.startWaiting();
  }

  private remember(name: string, isSlow: boolean): void {
    this.wasSlow.delete(name);
    this.wasSlow.set(name, isSlow);
    if (this.wasSlow.size <= REMEMBERED_MAX) return;
    const [oldest] = this.wasSlow.keys();
    this.wasSlow.delete(oldest as string);
  }
}
