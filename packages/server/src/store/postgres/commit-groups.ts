import type { PoolClient } from 'pg';
import { type Clock, monotonicMs } from '../../core/clock.js';
import type { Command, Outcome } from '../../core/commands/commands.js';
import { tellDeadLetters } from '../../core/dead-letters/dead-letter-report.js';
import type { StorageLimits } from '../../core/limits/storage-limits.js';
import type { Log } from '../../core/log.js';
import { leasesKeptUntilMs } from '../../core/queue/message-state.js';
import type { CommitGroupFacts, ReadyQueue } from '../../core/store/store.js';
import type { QueueTally, TallyRow } from '../../core/store/tallies.js';
import { applyCommitGroup } from './apply-commit-group.js';
import { readNextDue, settleDue } from './commands/settle-due.js';
import type { ParsedUrl, Pools } from './driver/connections.js';
import {
  isConnectionLoss,
  isHeldUp,
  isRolledBack,
  isWrongAssumption,
  OutcomeUnknownError,
} from './driver/errors.js';
import { Pipeline } from './driver/pipeline.js';
import { beginStatements, rollBack } from './driver/sessions.js';
import { writeHistory } from './reads/history.js';
import { type DueUpdate, NextDue } from './time/next-due.js';
import { JUMP_MS, type StoreClock } from './time/store-clock.js';
import { type Beginning, checkBeginning, readBeginning } from './transaction/beginning.js';
import { CommitGroup } from './transaction/commit-group.js';
import { Housekeeping } from './transaction/housekeeping.js';
import { lockMessageGroupsOf } from './transaction/message-group-locks.js';
import { TalliesUnderWay } from './transaction/tallies-under-way.js';
import { PostgresTransaction } from './transaction/transaction.js';
import { CounterRows } from './tuning/counter-rows.js';
import { KnownQueues } from './tuning/known-queues.js';
import { DueWatermark, ReadyWatermarks } from './tuning/scan-watermarks.js';

const SETTLED_PER_GROUP = 256;
/** After settling due messages has met a lock, it is tried again after this time. */
const RETRY_AFTER_LOCK_MS = 2_000;

export interface CommitGroupDependencies {
  readonly pools: Pools;
  readonly url: ParsedUrl;
  readonly storeClock: StoreClock;
  /** The store clock, unless a test has provided another. */
  readonly clock: Clock;
  readonly limits: StorageLimits;
  readonly log: Log;
  /**
   * Called when a commit group with commands has committed; `ready` are the queues with new messages.
   */
  readonly committed: (ready: readonly ReadyQueue[]) => void;
  /** Called with the tallies that were written. */
  readonly tallied: (tallies: readonly QueueTally[]) => void;
  /** Runs a commit group without commands, for tallies that no other commit group has written. */
  readonly writeTallies: () => void;
}

/** One attempt at a commit group, in one transaction on one connection. */
interface Attempt {
  readonly commands: readonly Command[];
  readonly facts: CommitGroupFacts;
  readonly client: PoolClient;
  readonly pipeline: Pipeline;
  readonly due: DueUpdate;
  readonly beganMs: number;
  /** The tallies that are written with this attempt. */
  tallies: readonly TallyRow[];
  /** COMMIT has been sent: if the connection is lost now, so is the outcome. */
  isCommitting: boolean;
  earliestDueMs: number | null;
  /** Set while this attempt is the one that settles due messages for this node. */
  endSettling: (() => void) | undefined;
}

/** Runs commit groups, each in one transaction, and keeps what each one learns for the next. */
export class CommitGroups {
  readonly nextDue = new NextDue();
  private readonly knownQueues = new KnownQueues();
  private readonly readyWatermarks = new ReadyWatermarks();
  private readonly dueWatermark = new DueWatermark();
  private readonly tallies: TalliesUnderWay;
  private readonly housekeeping: Housekeeping;
  private readonly startedAtMs: number;
  /** Resolves when the commit group that settles due messages has ended. */
  private settling: Promise<void> | undefined;

  constructor(private readonly dependencies: CommitGroupDependencies) {
    const { clock, writeTallies } = dependencies;
    this.startedAtMs = clock.nowMs();
    this.tallies = new TalliesUnderWay(clock, writeTallies);
    this.housekeeping = new Housekeeping(clock, () => this.tallies.flushLater());
  }

  /**
   * Applies the commands in one transaction. @returns their outcomes in order
   *
   * @throws OutcomeUnknownError if the connection was lost at the commit; otherwise the error that made
   * the database roll the transaction back
   */
  async run(commands: readonly Command[], facts: CommitGroupFacts = {}): Promise<Outcome[]> {
    const assumed = this.assume(commands);
    try {
      return await this.attempt(commands, assumed, facts);
    } catch (error) {
      this.knownQueues.forget();
      if (isWrongAssumption(error)) return await this.attempt(commands, undefined, facts);
      throw error;
    }
  }

  /** The next commit group is the last one and writes all tallies that are left. */
  stop(): void {
    this.tallies.stop();
  }

  /** What this commit group may assume instead of reading it; undefined if it has to read. */
  private assume(commands: readonly Command[]): Beginning | undefined {
    const { clock, storeClock } = this.dependencies;
    const nowMs = clock.nowMs();
    const mustRead = this.nextDue.isOver(nowMs) || !storeClock.isTrusted();
    const queues = mustRead ? undefined : this.knownQueues.assume(commands);
    return queues && { nowMs, queues };
  }

  private async attempt(
    commands: readonly Command[],
    assumed: Beginning | undefined,
    facts: CommitGroupFacts,
  ): Promise<Outcome[]> {
    const { pools, url } = this.dependencies;
    const client = await pools[facts.isBeside ? 'heldUp' : 'groups'].connect();
    const attempt: Attempt = {
      commands,
      facts,
      client,
      pipeline: new Pipeline(client, url.prepare),
      due: this.nextDue.groupBegins(),
      beganMs: monotonicMs(),
      tallies: [],
      isCommitting: false,
      earliestDueMs: null,
      endSettling: undefined,
    };
    let broken: Error | undefined;
    try {
      return await this.applyInTransaction(attempt, assumed);
    } catch (thrown) {
      // The rollback must not be sent before statements that are still to be sent.
      attempt.pipeline.fail(thrown);
      const error = attempt.pipeline.firstFailure;
      if (isConnectionLoss(error)) broken = error as Error;
      this.failed(attempt, error);
      broken ??= await rollBack(client);
      throw error;
    } finally {
      attempt.due.ended();
      attempt.endSettling?.();
      client.release(broken);
    }
  }

  private async applyInTransaction(
    attempt: Attempt,
    assumed: Beginning | undefined,
  ): Promise<Outcome[]> {
    const { commands, pipeline } = attempt;
    const { run, beginning } = await this.begin(attempt, assumed);
    const { tx } = run;
    const isDue = await this.claimSettling(attempt, tx.nowMs);
    await lockMessageGroupsOf(tx, commands);
    if (isDue) await settleDue(run, SETTLED_PER_GROUP);
    const outcomes = await applyCommitGroup(run, commands);
    const readsDue = isDue || commands.some(({ kind }) => kind === 'settleDue');
    const dueAtMs = readsDue ? await readNextDue(run) : null;
    const houseKept = await this.housekeeping.keep(tx, run.isTimeTrusted);
    tx.flushCounters(tx.usage.changes());
    attempt.tallies = this.tallies.take();
    writeHistory(pipeline, attempt.tallies);
    attempt.earliestDueMs = tx.earliestDueMs;
    attempt.isCommitting = true;
    pipeline.send('COMMIT');
    await pipeline.settled();

    this.knownQueues.note(commands, beginning.queues);
    if (readsDue) attempt.due.read(dueAtMs);
    else attempt.due.begun(tx.earliestDueMs);
    if (attempt.tallies.length > 0) this.dependencies.tallied(attempt.tallies);
    this.tallies.add(tx.nowMs, tx.tallies());
    houseKept();
    for (const note of run.afterCommit) note();
    if (commands.length > 0) this.dependencies.committed(tx.readyQueues());
    tellDeadLetters(this.dependencies.log, tx.deadLetters.list());
    return outcomes;
  }

  /** Begins the transaction; reads what the commit group needs or sends the check of its assumptions. */
  private async begin(
    { commands, facts, client, pipeline, beganMs }: Attempt,
    assumed: Beginning | undefined,
  ): Promise<{ readonly run: CommitGroup; readonly beginning: Beginning }> {
    const { url, clock, storeClock, limits } = this.dependencies;
    for (const text of beginStatements(url.prepare, facts.lockWaitMs)) pipeline.send(text);
    this.readyWatermarks.begins(pipeline);
    const counterRows = CounterRows.of(client);
    const isStoreTime = clock === storeClock;
    const timeOf = (saidMs: number, offsetMs?: number): number => {
      const timeMs = storeClock.timeOf(saidMs, beganMs, offsetMs);
      return isStoreTime ? timeMs : clock.nowMs();
    };
    const heard =
      assumed &&
      checkBeginning(
        pipeline,
        assumed.queues,
        counterRows.slot,
        isStoreTime ? this.credibleTime(assumed.nowMs) : { fromMs: null, untilMs: null },
      ).then((said) => timeOf(said.nowMs, said.clockOffsetMs));
    const beginning = assumed ?? (await readBeginning(pipeline, commands, counterRows));
    const nowMs = assumed?.nowMs ?? timeOf(beginning.nowMs, beginning.clockOffsetMs);
    const leasesKeptMs = leasesKeptUntilMs(this.startedAtMs, nowMs);
    const tx = new PostgresTransaction(pipeline, nowMs, heard, counterRows, leasesKeptMs, limits);
    for (const { queue } of beginning.queues) tx.addQueue(queue);
    const run = new CommitGroup(
      tx,
      this.startedAtMs,
      storeClock.isTrusted(),
      this.readyWatermarks,
      this.dueWatermark,
      timeOf,
      isStoreTime ? null : nowMs,
    );
    return { run, beginning };
  }

  /** The range that the database's time must be in if the commit group assumes that it is `fromMs`. */
  private credibleTime(fromMs: number): { readonly fromMs: number; readonly untilMs: number } {
    // At a later time, either the time is not credible or something must be settled first.
    const untilMs = Math.min(fromMs + JUMP_MS, this.nextDue.atMs ?? Number.POSITIVE_INFINITY);
    return { fromMs, untilMs };
  }

  /**
   * Only one commit group of this node at a time settles due messages. It has their rows locked, so
   * another commit group would skip them; since that one must see the ended leases, it waits.
   *
   * @returns whether this commit group settles due messages
   */
  private async claimSettling(attempt: Attempt, nowMs: number): Promise<boolean> {
    const { commands, facts } = attempt;
    const isDue = (): boolean => commands.length > 0 && this.nextDue.isOver(nowMs);
    while (isDue() && !facts.isBeside && this.settling !== undefined) await this.settling;
    // A commit group kept apart because of a lock must not meet a lock of another queue.
    if (!isDue() || facts.lockWaitMs !== undefined) return false;
    this.settling = new Promise((resolve) => {
      attempt.endSettling = () => {
        this.settling = undefined;
        resolve();
      };
    });
    return true;
  }

  /** @throws OutcomeUnknownError */
  private failed(
    { due, tallies, earliestDueMs, isCommitting, endSettling }: Attempt,
    error: unknown,
  ): void {
    if (isConnectionLoss(error)) {
      // A database whose connection was lost may come back in an older state.
      this.readyWatermarks.forget();
      this.dueWatermark.forget();
      if (isCommitting && !isRolledBack(error)) {
        due.begun(earliestDueMs);
        throw new OutcomeUnknownError(error as Error);
      }
    }
    this.tallies.giveBack(tallies);
    // Settling may dead-letter into a message group that is locked; that must not block one commit group
    // after another.
    if (endSettling !== undefined && isHeldUp(error)) {
      this.nextDue.putOff(this.dependencies.clock.nowMs() + RETRY_AFTER_LOCK_MS);
    }
  }
}
