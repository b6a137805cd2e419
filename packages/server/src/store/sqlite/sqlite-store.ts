import { type Clock, monotonicClock, setSystemTimer } from '../../core/clock.js';
import type { Command, Outcome } from '../../core/commands/commands.js';
import { tellDeadLetters } from '../../core/dead-letters/dead-letter-report.js';
import { isLong, ReadLanes } from '../../core/engine/read-lanes.js';
import { NO_LIMITS, type StorageLimits } from '../../core/limits/storage-limits.js';
import { type Log, NO_LOG } from '../../core/log.js';
import { RefusalError } from '../../core/refusal.js';
import type {
  Query,
  QueryKind,
  ReadResult,
  Store,
  StoreListener,
  StoreSpace,
} from '../../core/store/store.js';
import { tellClockBehind, tellFault, tellMigration } from '../../core/store/store-lines.js';
import { HISTORY_FLUSH_MS } from '../../core/store/tallies.js';
import { isFatal, isPassing, refusalOf } from './driver/errors.js';
import { fileAt } from './file/database-path.js';
import { DiskLines, STOPPED } from './file/space/disk-lines.js';
import { measureSpace } from './file/space/measure-space.js';
import type { SpaceNeed } from './file/space/space-keeper.js';
import { tellPostponed, WalCheckpoints } from './file/wal/wal-checkpoints.js';
import type { WalPages } from './threads/checkpoint-thread.js';
import type { ReaderRequest } from './threads/reader-thread.js';
import { ThreadChannel } from './threads/thread-channel.js';
import { unpackOutcome } from './threads/thread-codec.js';
import type { WriterAnswer, WriterOptions, WriterRequest } from './threads/writer-thread.js';

export interface SqliteStoreOptions extends Omit<WriterOptions, 'limits'> {
  readonly limits?: StorageLimits;
  readonly log?: Log;
  /** Makes the clock, given the time that it must not start before. */
  readonly makeClock?: (earliestMs: number) => Clock;
}

/** Reads in the thread at once: one is answered while the next ones are on their way. */
const LONG_READS_MAX = 2;
const SHORT_READS_MAX = 16;
/** Between two steps of giving free pages back: the writer has something better to do. */
const RECLAIM_PAUSE_MS = 20;
/** After a step for which the disk had no room. */
const RECLAIM_RETRY_MS = 1_000;
/** So often a step makes way for commit groups that are under way; then it is its turn. */
const RECLAIM_WAITS_MAX = 9;
/** All messages go through the writer: with less it takes a tenth more time, with more no less. */
const YOUNG_GENERATION_MIB = { writer: 4, longReader: 12, reader: 4, checkpoint: 4 };
/**
 * Threads beside the writer start when they are needed, so that a short-lived server is ready sooner.
 * After this time they start anyway, because a busy server may have no file descriptor left for them: until
 * one is free, their calls are refused.
 */
const THREADS_START_WITHIN_MS = 10_000;
const threadFile = (name: string): URL => new URL(`./threads/${name}-thread.js`, import.meta.url);

/** The store inside one file. All of SQLite runs in threads; this side only passes messages. */
export class SqliteStore implements Store {
  /** One commits while the next one is on its way to the thread. */
  readonly commitGroupsUnderWayMax = 2;
  readonly aheadMin = 16;
  readonly safetyPollMs = null;
  private readonly lanes = new ReadLanes(LONG_READS_MAX, SHORT_READS_MAX);
  private listener: StoreListener | undefined;
  private stopping: Promise<void> | undefined;
  private readonly wal: WalCheckpoints;
  private commitGroupsUnderWay = 0;
  private cancelFlush: (() => void) | undefined;
  private cancelReclaim: (() => void) | undefined;
  private readonly cancelStarts: () => void;

  private constructor(
    private readonly path: string,
    readonly clock: Clock,
    private readonly writer: ThreadChannel<WriterRequest, WriterAnswer>,
    /** Long reads have a thread of their own: a look at one queue does not wait for them. */
    private readonly longReader: ThreadChannel<ReaderRequest, ReadResult[QueryKind]>,
    private readonly reader: ThreadChannel<ReaderRequest, ReadResult[QueryKind]>,
    private readonly checkpointer: ThreadChannel<'checkpoint', WalPages>,
    private readonly log: Log,
    private readonly diskLines: DiskLines,
  ) {
    this.wal = new WalCheckpoints(clock, log, {
      checkpoint: () => this.checkpointer.call('checkpoint'),
      restart: async () => (await this.writer.call({ kind: 'restartWal' })).restarted === true,
      pauseReads: () => this.lanes.pause(),
      resumeReads: () => this.lanes.resume(),
      failed: (cause) => this.fail(cause),
    });
    const startThreads = (): void => {
      for (const thread of [reader, longReader, checkpointer]) thread.start();
    };
    this.cancelStarts = setSystemTimer(startThreads, THREADS_START_WITHIN_MS);
  }

  /** @throws Error with a message for the operator when the file cannot be opened. */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    const { makeClock = monotonicClock, minFreeBytes, limits = NO_LIMITS, log = NO_LOG } = options;
    const path = fileAt(options.path);
    let store: SqliteStore | undefined;
    const onExit = (cause: Error): void => store?.fail(cause);
    const writer = new ThreadChannel<WriterRequest, WriterAnswer>(
      threadFile('writer'),
      { path, minFreeBytes, limits },
      YOUNG_GENERATION_MIB.writer,
      onExit,
    );
    const beside = <Request, Answer>(name: string, mib: number) =>
      new ThreadChannel<Request, Answer>(threadFile(name), { path }, mib, onExit, true);
    try {
      const { clockMinMs = 0, wider = [], migrated } = await writer.call({ kind: 'open' });
      if (wider.length > 0) {
        log.warn(`others on this machine may open the store; run: ${wider.join(' && ')}`);
      }
      if (migrated !== undefined) tellMigration(log, migrated.from, migrated.to);
      const clock = makeClock(clockMinMs);
      tellClockBehind(log, clock.wallMs(), clockMinMs);
      await writer.call({ kind: 'start', nowMs: clock.nowMs() });
      store = new SqliteStore(
        path,
        clock,
        writer,
        beside('reader', YOUNG_GENERATION_MIB.longReader),
        beside('reader', YOUNG_GENERATION_MIB.reader),
        beside('checkpoint', YOUNG_GENERATION_MIB.checkpoint),
        log,
        new DiskLines(log, clock, minFreeBytes),
      );
      return store;
    } catch (error) {
      await writer.stop();
      throw error;
    }
  }

  listen(listener: StoreListener): void {
    this.listener = listener;
  }

  expectReady(): void {}

  async apply(commands: readonly Command[]): Promise<Outcome[]> {
    this.commitGroupsUnderWay += 1;
    try {
      const answer = await this.writer.call({
        kind: 'apply',
        commands,
        nowMs: this.clock.nowMs(),
      });
      const group = answer.group as NonNullable<WriterAnswer['group']>;
      this.listener?.nextDue(group.nextDueAtMs);
      if (group.ready.length > 0) this.listener?.ready(group.ready);
      if (group.tallies.length > 0) this.listener?.tallied?.(group.tallies);
      if (answer.need) this.serveSpace(answer.need);
      if (answer.postponed !== undefined) tellPostponed(this.log, new Error(answer.postponed));
      if (answer.wantsCommitGroup) this.applyNoneLater();
      this.diskLines.saw(group.disk);
      tellDeadLetters(this.log, group.deadLetters);
      return group.outcomes.map((packed) => {
        const outcome = unpackOutcome(packed);
        if (!outcome.ok) tellFault(this.log, outcome);
        return outcome;
      });
    } catch (error) {
      if (isFatal(error)) this.fail(error as Error);
      throw error;
    } finally {
      this.commitGroupsUnderWay -= 1;
    }
  }

  async read<K extends QueryKind>(query: Query<K>): Promise<ReadResult[K]> {
    try {
      const answer = this.lanes.run(query as Query, () =>
        (isLong(query.kind) ? this.longReader : this.reader).call({
          query: query as Query,
          nowMs: this.clock.nowMs(),
        }),
      );
      return (await answer) as ReadResult[K];
    } catch (error) {
      if (error instanceof RefusalError) throw error;
      const refusal = refusalOf(error);
      tellFault(this.log, refusal);
      throw new RefusalError(refusal);
    }
  }

  async whyPublishingStops(): Promise<string | null> {
    const { disk = 'enough' } = await this.writer.call({
      kind: 'diskSpace',
      nowMs: this.clock.nowMs(),
    });
    this.diskLines.saw(disk);
    return disk === 'enough' ? null : STOPPED;
  }

  space(): Promise<StoreSpace> {
    return measureSpace(this.path);
  }

  stop(): Promise<void> {
    this.stopping ??= this.close();
    return this.stopping;
  }

  private async close(): Promise<void> {
    this.cancelStarts();
    this.cancelReclaim?.();
    this.wal.stop();
    this.cancelFlush?.();
    await this.reader.stop();
    await this.longReader.stop();
    await this.checkpointer.stop();
    await this.writer.call({ kind: 'close', nowMs: this.clock.nowMs() }).catch(() => undefined);
    await this.writer.stop();
  }

  private serveSpace(need: SpaceNeed): void {
    this.wal.serve(need);
    if (need.reclaim && this.cancelReclaim === undefined) this.reclaimAfterPause(0);
  }

  /** Pages that are free are used again before the file grows, so that there is no haste. */
  private reclaimAfterPause(waits: number, pauseMs = RECLAIM_PAUSE_MS): void {
    this.cancelReclaim = this.clock.setTimer(async () => {
      if (this.commitGroupsUnderWay > 0 && waits < RECLAIM_WAITS_MAX) {
        this.reclaimAfterPause(waits + 1);
        return;
      }
      this.cancelReclaim = undefined;
      try {
        const { need } = await this.writer.call({ kind: 'reclaim' });
        if (need) this.serveSpace(need);
      } catch (error) {
        this.reclaimFailed(error as Error);
      }
    }, pauseMs);
  }

  private reclaimFailed(error: Error): void {
    if (this.stopping !== undefined) return;
    if (!isPassing(error)) {
      this.fail(error);
      return;
    }
    tellPostponed(this.log, error);
    if (this.cancelReclaim === undefined) this.reclaimAfterPause(0, RECLAIM_RETRY_MS);
  }

  /** Should no commit group come by that takes along what waits for one, an empty one does. */
  private applyNoneLater(): void {
    this.cancelFlush ??= this.clock.setTimer(() => {
      this.cancelFlush = undefined;
      this.apply([]).catch(() => undefined);
    }, 2 * HISTORY_FLUSH_MS);
  }

  private fail(cause: Error): void {
    if (this.stopping === undefined) this.listener?.failed(cause);
  }
}
