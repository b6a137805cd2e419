import { type Clock, monotonicMs } from '../../core/clock.js';
import { tellDeadLetters } from '../../core/dead-letters/dead-letter-report.js';
import { NO_LIMITS, type StorageLimits } from '../../core/limits/storage-limits.js';
import { type Log, NO_LOG } from '../../core/log.js';
import type { Command, Outcome } from '../../core/queue/commands.js';
import { leasesKeptUntilMs } from '../../core/queue/message-state.js';
import type { TallyRow } from '../../core/store/history.js';
import type {
  CommitGroupFacts,
  Query,
  QueryKind,
  ReadResult,
  ReadyQueue,
  Store,
  StoreListener,
} from '../../core/store/store.js';
import { tellFault } from '../../core/store/store-lines.js';
import { applyCommitGroup } from './apply-commit-group.js';
import { readNextDue, settleDue } from './commands/settle-due.js';
import {
  createPools,
  endPools,
  type ParsedUrl,
  type Pools,
  parseUrl,
  signalsUrlOf,
} from './driver/connections.js';
import {
  isConflict,
  isConnectionLoss,
  isHeldUp,
  isRolledBack,
  isWrongAssumption,
  OutcomeUnknownError,
  refusalOf,
} from './driver/errors.js';
import { Pipeline } from './driver/pipeline.js';
import { Reachability } from './driver/reachability.js';
import { mayTryAgain, pauseBefore, tryOften } from './driver/repetition.js';
import { beginStatements, rollBack } from './driver/sessions.js';
import { NO_SIGNALS, NodeSignals } from './node-signals.js';
import type { PostgresStoreOptions } from './postgres-store-options.js';
import { TalliesUnderWay, writeHistory } from './reads/history.js';
import { Reads } from './reads/reads.js';
import { cannotBeUsed, checkSessions, prepareDatabase } from './start-checks.js';
import { ClockCorrection } from './time/correct-clock.js';
import { NextDue } from './time/next-due.js';
import { JUMP_MS, StoreClock } from './time/store-clock.js';
import type { SaidTime } from './time/store-time-sql.js';
import { type Beginning, checkBeginning, readBeginning } from './transaction/beginning.js';
import { CommitGroup } from './transaction/commit-group.js';
import { Housekeeping } from './transaction/housekeeping.js';
import { lockMessageGroupsOf } from './transaction/message-group-locks.js';
import { PostgresTransaction } from './transaction/transaction.js';
import { CounterRows } from './tuning/counter-rows.js';
import { KnownQueues } from './tuning/known-queues.js';
import { DueWatermark, ReadyWatermarks } from './tuning/scan-watermarks.js';

/** One commits while the next one is prepared; more would only make the commit groups smaller. */
const GROUPS_UNDER_WAY = 2;
/** A commit group by itself costs both sides what some thirty messages cost. */
const AHEAD_MIN = 32;
/** What is due and met a lock is left for so long. */
const LOOK_AFTER_LOCK_MS = 2_000;
const SETTLED_PER_GROUP = 256;
const SAFETY_POLL_MS = 2_000;

/**
 * The store over PostgreSQL, shared by any number of nodes. PostgreSQL does what is distributed:
 * nodes know of each other only by what they commit and by the signals that wake them.
 */
export class PostgresStore implements Store {
  readonly aheadMin = AHEAD_MIN;
  readonly safetyPollMs = SAFETY_POLL_MS;
  private readonly reachability: Reachability;
  private readonly reads: Reads;
  private readonly clockCorrection: ClockCorrection;
  private listener: StoreListener | undefined;
  private readonly signals: NodeSignals;
  private readonly knownQueues = new KnownQueues();
  private readonly tallies: TalliesUnderWay;
  private readonly housekeeping: Housekeeping;
  /** Resolves when the commit group that settles what is due has ended. */
  private settling: Promise<void> | undefined;
  private readonly readyWatermarks = new ReadyWatermarks();
  private readonly dueWatermark = new DueWatermark();
  private readonly nextDue = new NextDue();
  private startedAtMs = 0;
  private stopping: Promise<void> | undefined;

  private constructor(
    private readonly url: ParsedUrl,
    private readonly pools: Pools,
    readonly commitGroupsUnderWayMax: number,
    readsMax: number,
    private readonly storeClock: StoreClock,
    readonly clock: Clock,
    private readonly limits: StorageLimits,
    private readonly log: Log,
    signalsUrl: ParsedUrl | undefined,
  ) {
    this.reachability = new Reachability('the store', log);
    this.reads = new Reads(pools.reads, readsMax, url.prepare, clock, log, this.reachability);
    this.clockCorrection = new ClockCorrection(pools.reads, url, storeClock, log, {
      adopted: () => {
        this.nextDue.learn(0);
        this.listener?.nextDue(0);
      },
      corrected: () => this.signals.tellClockMoved(),
    });
    this.tallies = new TalliesUnderWay(clock, () => {
      this.apply([]).catch(() => undefined);
    });
    this.housekeeping = new Housekeeping(clock, () => this.tallies.flushLater());
    this.signals = new NodeSignals(
      signalsUrl,
      () => clock.monotonicMs(),
      (queues) => this.listener?.ready(queues),
      () => this.listener?.ready('all'),
      // Each commit group hears the time.
      () => void this.apply([]).catch(() => undefined),
      new Reachability('the connection for signals', log),
    );
  }

  /** @throws StoreOpenError when the database cannot be reached or is not ours to use. */
  static async open(options: PostgresStoreOptions): Promise<PostgresStore> {
    const url = parseUrl(options.url);
    const log = options.log ?? NO_LOG;
    // It is first compared when the store is open.
    const storeClock = new StoreClock((jumpMs) => store.clockCorrection.start(jumpMs));
    await prepareDatabase(url, log, storeClock);
    const clock = options.makeClock?.(0) ?? storeClock;
    const groupsMax = Math.min(GROUPS_UNDER_WAY, Math.floor(options.maxConnections / 2));
    const store: PostgresStore = new PostgresStore(
      url,
      createPools(url, options.maxConnections, groupsMax),
      groupsMax,
      options.maxConnections - groupsMax,
      storeClock,
      clock,
      options.limits ?? NO_LIMITS,
      log,
      signalsUrlOf(url, options.directUrl),
    );
    store.startedAtMs = clock.nowMs();
    await store.begin();
    return store;
  }

  /** A store that does not answer now is an error now, and not of every call. */
  private async begin(): Promise<void> {
    try {
      await checkSessions(this.pools, this.url, this.log);
      await tryOften(() => this.attempt([]));
      await this.reads.read({ kind: 'ping' });
    } catch (error) {
      this.tallies.stop();
      await endPools(this.pools);
      throw cannotBeUsed(error);
    }
    if (!this.signals.canHear) this.log.warn(NO_SIGNALS, { every_ms: SAFETY_POLL_MS });
    await this.signals.start();
  }

  listen(listener: StoreListener): void {
    this.listener = listener;
  }

  expectReady(project: string, queue: string): void {
    this.signals.expect(project, queue);
  }

  async apply(
    commands: readonly Command[],
    about: Partial<CommitGroupFacts> = {},
  ): Promise<Outcome[]> {
    if (this.stopping !== undefined) throw new Error('the store was stopped');
    const startedMs = monotonicMs();
    for (let attempt = 1; ; attempt += 1) {
      try {
        const outcomes = await this.attempt(commands, about);
        this.reachability.answered();
        return outcomes;
      } catch (error) {
        if (error instanceof OutcomeUnknownError) this.reachability.failed(error.cause);
        else if (isConnectionLoss(error)) this.reachability.failed(error);
        if (error instanceof OutcomeUnknownError) throw error;
        if (this.stopping === undefined && mayTryAgain(error, attempt, startedMs)) {
          await pauseBefore(attempt + 1);
          continue;
        }
        const isPassing = isConflict(error) || isConnectionLoss(error) || isHeldUp(error);
        if (isPassing || commands.length === 1) {
          const refusal = refusalOf(error);
          tellFault(this.log, refusal);
          return commands.map(() => refusal);
        }
        // One command must not spoil the commit group: each for itself shows which one it was.
        const outcomes: Outcome[] = [];
        for (const command of commands) outcomes.push(...(await this.apply([command], about)));
        return outcomes;
      }
    }
  }

  private async attempt(
    commands: readonly Command[],
    about: Partial<CommitGroupFacts> = {},
  ): Promise<Outcome[]> {
    const assumed = this.assume(commands);
    try {
      return await this.runCommitGroup(commands, assumed, about);
    } catch (error) {
      this.knownQueues.forget();
      if (isWrongAssumption(error)) return await this.runCommitGroup(commands, undefined, about);
      throw error;
    }
  }

  /** What this commit group may assume instead of reading it; undefined: it has to read. */
  private assume(commands: readonly Command[]): Beginning | undefined {
    const nowMs = this.clock.nowMs();
    const mustRead = this.nextDue.isOver(nowMs) || !this.storeClock.isTrusted();
    const queues = mustRead ? undefined : this.knownQueues.assume(commands);
    return queues && { nowMs, queues };
  }

  private async runCommitGroup(
    commands: readonly Command[],
    assumed: Beginning | undefined,
    { lockWaitMs, isBeside = false }: Partial<CommitGroupFacts>,
  ): Promise<Outcome[]> {
    const client = await this.pools[isBeside ? 'heldUp' : 'groups'].connect();
    const pipeline = new Pipeline(client, this.url.prepare);
    let settled: (() => void) | undefined;
    let committing = false;
    let broken: Error | undefined;
    let taken: readonly TallyRow[] = [];
    const sinceMs = monotonicMs();
    const due = this.nextDue.groupBegins();
    let earliestDueMs: number | null = null;
    try {
      for (const text of beginStatements(this.url.prepare, lockWaitMs)) pipeline.send(text);
      this.readyWatermarks.begins(pipeline);
      const counterRows = CounterRows.of(client);
      const timeOf = (saidMs: number, offsetMs?: number): number =>
        this.timeOf(saidMs, sinceMs, offsetMs);
      const checked = assumed && this.check(pipeline, assumed, counterRows.slot);
      const beginning = assumed ?? (await readBeginning(pipeline, commands, counterRows));
      const { queues } = beginning;
      const nowMs =
        assumed === undefined ? timeOf(beginning.nowMs, beginning.clockOffsetMs) : beginning.nowMs;
      const tx = new PostgresTransaction(
        pipeline,
        nowMs,
        counterRows,
        leasesKeptUntilMs(this.startedAtMs, nowMs),
        this.limits,
      );
      for (const { queue } of queues) tx.addQueue(queue);
      const run = new CommitGroup(
        tx,
        this.startedAtMs,
        this.storeClock.isTrusted(),
        this.readyWatermarks,
        this.dueWatermark,
        timeOf,
        this.clock === this.storeClock ? null : nowMs,
      );
      if (checked !== undefined) {
        tx.isTimeAssumed = true;
        // A failure shows where the whole pipeline is waited for.
        checked
          .then((said) => tx.learnTime(timeOf(said.nowMs, said.clockOffsetMs)))
          .catch(() => undefined);
      }

      // While another commit group of this node settles what is due, its rows are locked and would be
      // skipped: what comes after the end of a lease is to see it ended.
      while (
        commands.length > 0 &&
        !isBeside &&
        this.nextDue.isOver(nowMs) &&
        this.settling !== undefined
      ) {
        await this.settling;
      }
      // What is due in other queues must not meet a lock in a commit group that is apart because of one.
      const isDue = commands.length > 0 && lockWaitMs === undefined && this.nextDue.isOver(nowMs);
      if (isDue) {
        this.settling = new Promise((resolve) => {
          settled = resolve;
        });
      }
      await lockMessageGroupsOf(tx, commands);
      if (isDue) await settleDue(run, SETTLED_PER_GROUP);
      const outcomes = await applyCommitGroup(run, commands);
      const readsDue = isDue || commands.some(({ kind }) => kind === 'settleDue');
      const dueAtMs = readsDue ? await readNextDue(run) : null;
      const houseKept = await this.housekeeping.keep(tx, run.isTimeTrusted);
      tx.flushCounters(tx.usage.changes());
      taken = this.tallies.take();
      writeHistory(pipeline, taken);
      earliestDueMs = tx.earliestDueMs;
      committing = true;
      pipeline.send('COMMIT');
      await pipeline.settled();

      this.knownQueues.note(commands, queues);
      if (readsDue) due.read(dueAtMs);
      else due.begun(earliestDueMs);
      this.tallies.add(nowMs, tx.tallies);
      houseKept();
      for (const note of run.afterCommit) note();
      if (commands.length > 0) this.announce(tx.readyQueues());
      tellDeadLetters(this.log, tx.deadLetters.list());
      return outcomes;
    } catch (thrown) {
      // A rollback must not overtake what is still to be sent.
      pipeline.fail(thrown);
      const error = pipeline.firstFailure;
      broken = isConnectionLoss(error) ? (error as Error) : undefined;
      if (broken !== undefined) {
        // A database that was lost may come back as an older one.
        this.readyWatermarks.forget();
        this.dueWatermark.forget();
      }
      if (broken !== undefined && committing && !isRolledBack(error)) {
        due.begun(earliestDueMs);
        throw new OutcomeUnknownError(broken);
      }
      this.tallies.giveBack(taken);
      // What is due, and dead-letters into a commit group that is locked, must not stop one commit group
      // after the other.
      if (settled !== undefined && isHeldUp(error)) {
        this.nextDue.putOff(this.clock.nowMs() + LOOK_AFTER_LOCK_MS);
      }
      if (broken === undefined) broken = await rollBack(client);
      throw error;
    } finally {
      due.ended();
      if (settled !== undefined) {
        this.settling = undefined;
        settled();
      }
      client.release(broken);
    }
  }

  private check(pipeline: Pipeline, assumed: Beginning, slot: number): Promise<SaidTime> {
    const { nowMs: fromMs } = assumed;
    // Later than this it is not to be believed, or there is something to be settled first.
    const untilMs = Math.min(fromMs + JUMP_MS, this.nextDue.atMs ?? Number.POSITIVE_INFINITY);
    const isStoreTime = this.clock === this.storeClock;
    const between = isStoreTime ? { fromMs, untilMs } : { fromMs: null, untilMs: null };
    return checkBeginning(pipeline, assumed.queues, slot, between);
  }

  /**
   * The commit group's time: as the database has said it since the commit group began, if that is
   * credible.
   */
  private timeOf(saidMs: number, sinceMs: number, offsetMs?: number): number {
    const timeMs = this.storeClock.timeOf(saidMs, sinceMs, offsetMs);
    return this.clock === this.storeClock ? timeMs : this.clock.nowMs();
  }

  private announce(ready: readonly ReadyQueue[]): void {
    this.listener?.nextDue(this.nextDue.atMs);
    if (ready.length === 0) return;
    this.listener?.ready(ready);
    this.signals.tell(ready);
  }

  read<K extends QueryKind>(query: Query<K>): Promise<ReadResult[K]> {
    return this.reads.read(query);
  }

  private async close(): Promise<void> {
    this.reads.stop();
    this.tallies.stop();
    await this.attempt([]).catch(() => undefined);
    await this.clockCorrection.stop();
    await Promise.all([this.signals.stop(), endPools(this.pools)]);
  }

  /** The disk is the database's, and only a write shows that it is full. */
  async whyPublishingStops(): Promise<null> {
    return null;
  }

  stop(): Promise<void> {
    this.stopping ??= this.close();
    return this.stopping;
  }
}
