import { monotonicMs } from '../clock.js';
import type { Command, Outcome } from '../commands/commands.js';
import { FairQueue } from '../engine/fairness/fair-queue.js';
import { type Access, ENDLESS_ACCESS } from '../keys/caller.js';
import { overloaded } from '../refusal.js';
import type { Store } from '../store/store.js';
import { HeldUpCommands } from './held-up-commands.js';
import { KeptApart } from './kept-apart.js';
import {
  applyTogether,
  commandBytes,
  heldUpOf,
  isHeldUp,
  mayAct,
  type WaitingCommand,
} from './waiting-command.js';

/**
 * Forms commit groups: the commands that arrive while one commit group commits make up the next, so that
 * one commit serves all requests in flight. Commit groups are bounded in commands and in bytes, and so
 * are the waiting commands; projects take turns in filling a commit group.
 *
 * If a command fails because of a fault in the server, its commit group is run again one by one, and the
 * commands of its project are kept apart from those of others for a while.
 *
 * If a command meets a lock that is not released, its commit group is run again queue by queue, and the
 * commands of the stuck queue wait apart (`HeldUpCommands`) until they meet no lock.
 */
export interface GroupCommit {
  /** @param access checked when the command joins its commit group: whether the caller may still act */
  submit<C extends Command>(command: C, access?: Access): Promise<Outcome<C['kind']>>;
  /** The number of messages that publishes have brought so far, including refused ones. */
  messagesPublished(): number;
  /** Refuses further commands and waits for those under way. */
  stop(): Promise<void>;
}

/** What commit groups need of a store. */
export type CommitStore = Pick<Store, 'apply' | 'commitGroupsUnderWayMax' | 'aheadMin'>;

export interface GroupLimits {
  readonly maxCommands: number;
  readonly maxBytes: number;
  readonly maxWaiting: number;
}

export const GROUP_LIMITS: GroupLimits = {
  maxCommands: 512,
  maxBytes: 4 * 1024 * 1024,
  maxWaiting: 65_536,
};

/** How long the commands of a project are kept apart after one of them failed because of a fault in the server. */
const APART_MS = 30_000;

/** Told of each commit group: how many commands it had, and how long the store took. */
export type CommitObserver = (commands: number, durationMs: number) => void;

export function createGroupCommit(
  store: CommitStore,
  limits: GroupLimits = GROUP_LIMITS,
  committed: CommitObserver = () => undefined,
): GroupCommit {
  const former = new CommitGroupFormer(store, limits, committed);
  return {
    submit: (command, access) => former.submit(command, access),
    messagesPublished: () => former.messagesPublished,
    stop: () => former.stop(),
  };
}

class CommitGroupFormer {
  messagesPublished = 0;
  private readonly waiting = new FairQueue<WaitingCommand>();
  /** Projects whose commands are kept apart. */
  private readonly apart = new KeptApart(APART_MS);
  private readonly heldUp: HeldUpCommands;
  private underWay = 0;
  private isScheduled = false;
  private isStopped = false;
  private whenIdle: (() => void)[] = [];

  constructor(
    private readonly store: CommitStore,
    private readonly limits: GroupLimits,
    private readonly committed: CommitObserver,
  ) {
    this.heldUp = new HeldUpCommands(
      store,
      (entries, outcomes) => this.answer(entries, outcomes),
      () => this.tellIfIdle(),
    );
  }

  submit<C extends Command>(
    command: C,
    access: Access = ENDLESS_ACCESS,
  ): Promise<Outcome<C['kind']>> {
    const { waiting, limits } = this;
    const project = 'project' in command ? command.project : '';
    // A project may have as many commands waiting as it leaves room for to the others.
    const hasRoom = waiting.sizeOf(project) < limits.maxWaiting - waiting.size;
    if (this.isStopped || !hasRoom) return Promise.resolve(overloaded('waiting requests'));
    return new Promise((resolve) => {
      const bytes = commandBytes(command);
      waiting.push(project, {
        command,
        project,
        bytes,
        access,
        resolve: resolve as WaitingCommand['resolve'],
      });
      this.startSoon();
    });
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    if (this.isBusy()) await new Promise<void>((resolve) => this.whenIdle.push(resolve));
  }

  /**
   * Commands that are enough for a commit group of their own start at once, while another one commits: if
   * they waited for the end of this turn of the event loop, reading requests and committing would
   * alternate, and each side would be idle half of the time. Fewer commands wait for the end of the turn,
   * so that requests that arrive together are applied together; while a commit group is under way, they
   * wait for its end.
   */
  private startSoon(): void {
    if (this.underWay >= this.store.commitGroupsUnderWayMax) return;
    if (this.waiting.size >= this.store.aheadMin) {
      this.start();
    } else if (!this.isScheduled && this.underWay === 0) {
      this.isScheduled = true;
      setImmediate(() => {
        this.isScheduled = false;
        if (this.underWay === 0) this.start();
      });
    }
  }

  private start(): void {
    while (this.waiting.size > 0 && this.underWay < this.store.commitGroupsUnderWayMax) {
      const entries = this.takeGroup();
      if (entries.length === 0) {
        this.tellIfIdle();
        continue;
      }
      this.underWay += 1;
      void this.run(entries);
    }
  }

  private takeGroup(): WaitingCommand[] {
    const { waiting, limits } = this;
    const entries: WaitingCommand[] = [];
    let bytes = 0;
    while (waiting.size > 0 && entries.length < limits.maxCommands) {
      const next = waiting.peek() as WaitingCommand;
      const isApart = this.apart.has(next.project);
      if (entries.length > 0 && (isApart || bytes + next.bytes > limits.maxBytes)) break;
      waiting.shift();
      if (!mayAct(next)) continue;
      const { command } = next;
      if (command.kind === 'publish') this.messagesPublished += command.messages.length;
      if (this.heldUp.takes(next)) continue;
      bytes += next.bytes;
      entries.push(next);
      if (isApart) break;
    }
    return entries;
  }

  private async run(entries: WaitingCommand[]): Promise<void> {
    const startedMs = monotonicMs();
    const outcomes = await applyTogether(this.store, entries);
    this.committed(entries.length, monotonicMs() - startedMs);
    const met = heldUpOf(entries, outcomes);
    if (met.length > 0) await this.heldUp.separate(met);
    this.underWay -= 1;
    this.start();
    this.answer(entries, outcomes);
    this.tellIfIdle();
  }

  /** Answers the commands that are not tried again. */
  private answer(entries: readonly WaitingCommand[], outcomes: readonly Outcome[]): void {
    for (let index = 0; index < entries.length; index += 1) {
      const { project, resolve } = entries[index] as WaitingCommand;
      const outcome = outcomes[index] as Outcome;
      if (isHeldUp(outcome)) continue;
      if (!outcome.ok && outcome.code === 'INTERNAL') this.apart.add(project);
      resolve(outcome);
    }
  }

  private tellIfIdle(): void {
    if (this.isBusy()) return;
    for (const done of this.whenIdle.splice(0)) done();
  }

  private isBusy(): boolean {
    return this.underWay > 0 || this.heldUp.isBusy || this.waiting.size > 0;
  }
}
