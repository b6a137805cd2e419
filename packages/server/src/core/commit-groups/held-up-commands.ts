import type { Outcome } from '../commands/commands.js';
import { heldUp } from '../refusal.js';
import type { Store } from '../store/store.js';
import { type HeldGroup, HeldUpLane, lockKeyOf, PROBE_LOCK_WAIT_MS } from './held-up-lane.js';
import { KeptApart } from './kept-apart.js';
import { applyTogether, heldUpOf, mayAct, type WaitingCommand } from './waiting-command.js';

/** How long the commands of a queue are kept apart after one of them has met a lock. */
const STUCK_MS = 10_000;

type Answer = (entries: readonly WaitingCommand[], outcomes: readonly Outcome[]) => void;

/**
 * Retries commands that have met a lock until they meet none, or have waited for as long as a command
 * may. One commit group of them is under way at a time, alongside those of all other commands.
 */
export class HeldUpCommands {
  private readonly lane = new HeldUpLane<WaitingCommand>();
  /** The keys of queues whose commands have met a lock. */
  private readonly stuck = new KeptApart(STUCK_MS);
  private isUnderWay = false;

  constructor(
    private readonly store: Pick<Store, 'apply'>,
    /** Answers the commands that are not to be tried again. */
    private readonly answer: Answer,
    private readonly idle: () => void,
  ) {}

  get isBusy(): boolean {
    return this.isUnderWay;
  }

  /** Takes a command whose key is already stuck. @returns whether it took the command */
  takes(entry: WaitingCommand): boolean {
    const key = lockKeyOf(entry.command);
    if (!this.stuck.has(key)) return false;
    this.hold(key, [entry]);
    return true;
  }

  /**
   * Some of these have met a lock: trying each queue alone shows which, and the others proceed at once.
   */
  async separate(entries: readonly WaitingCommand[]): Promise<void> {
    const byKey = new Map<string, WaitingCommand[]>();
    for (const entry of entries) {
      const key = lockKeyOf(entry.command);
      byKey.set(key, [...(byKey.get(key) ?? []), entry]);
    }
    for (const [key, some] of byKey) {
      const met = byKey.size > 1 && !this.stuck.has(key) ? await this.probe(some) : some;
      if (met.length === 0) continue;
      this.stuck.add(key);
      this.hold(key, met);
    }
  }

  private async probe(entries: WaitingCommand[]): Promise<WaitingCommand[]> {
    const outcomes = await applyTogether(this.store, entries, { lockWaitMs: PROBE_LOCK_WAIT_MS });
    this.answer(entries, outcomes);
    return heldUpOf(entries, outcomes);
  }

  private hold(key: string, entries: readonly WaitingCommand[]): void {
    for (const entry of entries) {
      if (!this.lane.add(key, entry))
        entry.resolve(heldUp('too many commands are waiting for locks'));
    }
    if (!this.isUnderWay) void this.run();
  }

  /** Runs one commit group after another, until no command is held up. */
  private async run(): Promise<void> {
    this.isUnderWay = true;
    for (;;) {
      for (const { resolve } of this.lane.takeOver()) {
        resolve(heldUp('a lock was not released in time'));
      }
      const group = this.lane.take();
      if (group === undefined) break;
      await this.tryAgain(group);
    }
    this.isUnderWay = false;
    this.idle();
  }

  private async tryAgain(group: HeldGroup<WaitingCommand>): Promise<void> {
    const { key, lockWaitMs } = group;
    const entries = group.held.map(({ entry }) => entry).filter(mayAct);
    if (entries.length === 0) return;
    const facts = { lockWaitMs, isBeside: true };
    const outcomes = await applyTogether(this.store, entries, facts);
    const met = new Set(heldUpOf(entries, outcomes));
    if (met.size > 0) {
      this.stuck.add(key);
      this.lane.putBack({ ...group, held: group.held.filter(({ entry }) => met.has(entry)) });
    } else {
      this.lane.succeeded(group);
      if (!this.lane.has(key)) this.stuck.delete(key);
    }
    this.answer(entries, outcomes);
  }
}
