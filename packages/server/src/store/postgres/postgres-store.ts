import { type Clock, monotonicMs } from '../../core/clock.js';
import type { Command, Outcome } from '../../core/commands/commands.js';
import { NO_LIMITS, type StorageLimits } from '../../core/limits/storage-limits.js';
import { type Log, NO_LOG } from '../../core/log.js';
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
import { CommitGroups } from './commit-groups.js';
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
  isDiskFull,
  isHeldUp,
  OutcomeUnknownError,
  refusalOf,
} from './driver/errors.js';
import { Reachability } from './driver/reachability.js';
import { mayTryAgain, pauseBefore, tryOften } from './driver/repetition.js';
import { FullDisk } from './full-disk.js';
import { NO_SIGNALS, NodeSignals } from './node-signals.js';
import type { PostgresStoreOptions } from './postgres-store-options.js';
import { Reads } from './reads/reads.js';
import { cannotBeUsed, checkSessions, prepareDatabase } from './start-checks.js';
import { ClockCorrection } from './time/correct-clock.js';
import { StoreClock } from './time/store-clock.js';
import { tryRoom } from './try-room.js';

/** One commit group commits while the next one is prepared; more would only make them smaller. */
const GROUPS_UNDER_WAY = 2;
/** A commit group by itself costs the node and the database as much as about thirty messages do. */
const AHEAD_MIN = 32;
const SAFETY_POLL_MS = 2_000;

/**
 * The store over PostgreSQL, shared by any number of nodes. PostgreSQL does all coordination: nodes
 * learn of each other only through what they commit and the signals that wake them.
 */
export class PostgresStore implements Store {
  readonly aheadMin = AHEAD_MIN;
  readonly safetyPollMs = SAFETY_POLL_MS;
  private readonly reachability: Reachability;
  private readonly fullDisk: FullDisk;
  private readonly reads: Reads;
  private readonly clockCorrection: ClockCorrection;
  private listener: StoreListener | undefined;
  private readonly signals: NodeSignals;
  private readonly commitGroups: CommitGroups;
  private stopping: Promise<void> | undefined;

  private constructor(
    private readonly url: ParsedUrl,
    private readonly pools: Pools,
    readonly commitGroupsUnderWayMax: number,
    readsMax: number,
    storeClock: StoreClock,
    readonly clock: Clock,
    limits: StorageLimits,
    private readonly log: Log,
    signalsUrl: ParsedUrl | undefined,
  ) {
    this.reachability = new Reachability('the store', log);
    this.fullDisk = new FullDisk(log, () => tryRoom(pools.reads, url.prepare));
    this.reads = new Reads(pools.reads, readsMax, url.prepare, clock, log, this.reachability);
    this.clockCorrection = new ClockCorrection(pools.reads, url, storeClock, log, {
      adopted: () => {
        this.commitGroups.nextDue.learn(0);
        this.listener?.nextDue(0);
      },
      corrected: () => this.signals.tellClockMoved(),
    });
    const applyNone = (): void => void this.apply([]).catch(() => undefined);
    this.commitGroups = new CommitGroups({
      pools,
      url,
      storeClock,
      clock,
      limits,
      log,
      committed: (ready) => this.announce(ready),
      tallied: (tallies) => this.listener?.tallied?.(tallies),
      writeTallies: applyNone,
    });
    this.signals = new NodeSignals(
      signalsUrl,
      () => clock.monotonicMs(),
      (queues) => this.listener?.ready(queues),
      () => this.listener?.ready('all'),
      // Each commit group reads the time.
      applyNone,
      new Reachability('the connection for signals', log),
    );
  }

  /** @throws StoreOpenError if the database cannot be reached or cannot be used. */
  static async open(options: PostgresStoreOptions): Promise<PostgresStore> {
    const url = parseUrl(options.url);
    const log = options.log ?? NO_LOG;
    // The clocks are first compared when the store is open.
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
    await store.begin();
    return store;
  }

  /** A store that does not answer fails the start, and not every later call. */
  private async begin(): Promise<void> {
    try {
      await checkSessions(this.pools, this.url, this.log);
      await tryOften(() => this.commitGroups.run([]));
      await this.reads.read({ kind: 'ping' });
    } catch (error) {
      this.commitGroups.stop();
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

  async apply(commands: readonly Command[], facts: CommitGroupFacts = {}): Promise<Outcome[]> {
    if (this.stopping !== undefined) throw new Error('the store was stopped');
    const startedMs = monotonicMs();
    for (let attempt = 1; ; attempt += 1) {
      try {
        const outcomes = await this.commitGroups.run(commands, facts);
        this.reachability.answered();
        if (commands.some(({ kind }, at) => kind === 'publish' && outcomes[at]?.ok)) {
          this.fullDisk.published();
        }
        return outcomes;
      } catch (error) {
        if (isDiskFull(error)) this.fullDisk.refused();
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
        // One command must not fail the whole commit group: applying each alone shows which one failed.
        const outcomes: Outcome[] = [];
        for (const command of commands) outcomes.push(...(await this.apply([command], facts)));
        return outcomes;
      }
    }
  }

  private announce(ready: readonly ReadyQueue[]): void {
    this.listener?.nextDue(this.commitGroups.nextDue.atMs);
    if (ready.length === 0) return;
    this.listener?.ready(ready);
    this.signals.tell(ready);
  }

  read<K extends QueryKind>(query: Query<K>): Promise<ReadResult[K]> {
    return this.reads.read(query);
  }

  private async close(): Promise<void> {
    this.reads.stop();
    this.commitGroups.stop();
    await this.commitGroups.run([]).catch(() => undefined);
    await this.clockCorrection.stop();
    await Promise.all([this.signals.stop(), endPools(this.pools)]);
  }

  whyPublishingStops(): Promise<string | null> {
    return this.fullDisk.whyPublishingStops();
  }

  async space(): Promise<null> {
    return null;
  }

  stop(): Promise<void> {
    this.stopping ??= this.close();
    return this.stopping;
  }
}
