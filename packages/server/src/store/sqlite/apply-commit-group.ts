import type Database from 'better-sqlite3';
import type { Command, Outcome } from '../../core/commands/commands.js';
import type { DeadLettered } from '../../core/dead-letters/dead-letter-report.js';
import { RECORDS_REMOVED, removedPerStep } from '../../core/engine/removal-pace.js';
import { rowIdTimeMs } from '../../core/ids.js';
import type { DiskSpace, StorageLimits } from '../../core/limits/storage-limits.js';
import { leasesKeptUntilMs } from '../../core/queue/message-state.js';
import { Sequence } from '../../core/sequence.js';
import { minuteOf } from '../../core/store/history.js';
import type { ReadyQueue } from '../../core/store/store.js';
import {
  HISTORY_FLUSH_MS,
  type QueueTally,
  TallyBook,
  type TallyRow,
} from '../../core/store/tallies.js';
import { applyCommand } from './apply-command.js';
import { nextDueMs, settleDue } from './commands/settle-due.js';
import { isFatal, isFull, refusalOf } from './driver/errors.js';
import { Statements } from './driver/statements.js';
import type { FreeSpace } from './file/space/free-space.js';
import type { SpaceKeeper } from './file/space/space-keeper.js';
import { writeHistory } from './reads/history.js';
import { dropExpiredDeduplications } from './transaction/deduplications.js';
import { dropExpiredRecords } from './transaction/records.js';
import { QueueCache, SqliteTransaction } from './transaction/transaction.js';

export interface CommitGroupResult {
  readonly outcomes: Outcome[];
  readonly ready: ReadyQueue[];
  readonly nextDueAtMs: number | null;
  readonly deadLetters: readonly DeadLettered[];
  /** Of this and earlier commit groups, about once a second. */
  readonly tallies: readonly QueueTally[];
  /** The disk space that is left. */
  readonly disk: DiskSpace;
}

/**
 * How many due messages are settled with each commit group, so that a consume at the moment a delay ends
 * finds the message.
 */
const SETTLED_PER_GROUP = 256;
const KEEP_HOUSE_EVERY_MS = HISTORY_FLUSH_MS;

/** Applies commit groups, each in one transaction, on the only connection that writes. */
export class CommitGroupApplier {
  private readonly statements: Statements;
  private readonly queues = new QueueCache();
  private readonly sequence: Sequence;
  private readonly book = new TallyBook();
  private startedAtMs = 0;
  /** When the next lease or delay ends, as far as is known; null if none does. */
  private nextDueAtMs: number | null = 0;
  private clockPersistedAtMs = 0;
  private hasExpired = false;
  /** Answers and deduplication ids recorded since expired ones were last removed. */
  private remembered = 0;

  constructor(
    private readonly db: Database.Database,
    private readonly freeSpace: FreeSpace,
    private readonly limits: StorageLimits,
    private readonly space?: Pick<SpaceKeeper, 'makeRoom'>,
  ) {
    this.statements = new Statements(db);
    this.sequence = new Sequence(this.lastRowId());
  }

  /** The earliest time at which the clock may start, derived from the persisted time. */
  clockMinMs(): number {
    const persisted = this.statements.get("SELECT value FROM meta WHERE name = 'clock_ms'").get() as
      | { value: number }
      | undefined;
    return Math.max(persisted?.value ?? 0, rowIdTimeMs(this.lastRowId()) + 1);
  }

  private lastRowId(): number {
    const row = this.statements.get('SELECT max(id) AS id FROM messages').get();
    return (row as { id: number | null }).id ?? 0;
  }

  start(nowMs: number): void {
    this.startedAtMs = nowMs;
  }

  apply(commands: readonly Command[], nowMs: number): CommitGroupResult {
    try {
      return this.applyTogether(commands, nowMs);
    } catch (error) {
      if (isFatal(error)) throw error;
      // One command must not fail the whole commit group: applying each alone shows which one failed.
      return commands.length === 1
        ? {
            outcomes: [refusalOf(error)],
            ready: [],
            nextDueAtMs: nowMs,
            deadLetters: [],
            tallies: [],
            disk: this.freeSpace.at(nowMs),
          }
        : this.applyOneByOne(commands, nowMs);
    }
  }

  private applyOneByOne(commands: readonly Command[], nowMs: number): CommitGroupResult {
    const results = commands.map((command) => this.apply([command], nowMs));
    return {
      outcomes: results.flatMap((result) => result.outcomes),
      ready: results.flatMap((result) => result.ready),
      nextDueAtMs: results.at(-1)?.nextDueAtMs ?? null,
      deadLetters: results.flatMap((result) => result.deadLetters),
      tallies: results.flatMap((result) => result.tallies),
      disk: this.freeSpace.at(nowMs),
    };
  }

  /**
   * If the disk is full, commands that add data are refused and the others get the space left for them.
   */
  private applyTogether(commands: readonly Command[], nowMs: number): CommitGroupResult {
    for (let tries = 1; ; tries += 1) {
      try {
        return this.commit(commands, nowMs);
      } catch (error) {
        if (!isFull(error)) throw error;
        this.freeSpace.ranOut(nowMs);
        if (tries > 1 && !this.freeSpace.giveBackReserve()) throw error;
        this.space?.makeRoom();
      }
    }
  }

  private commit(commands: readonly Command[], nowMs: number): CommitGroupResult {
    const disk = this.freeSpace.at(nowMs);
    const tx = new SqliteTransaction(
      this.statements,
      this.queues,
      this.sequence,
      nowMs,
      leasesKeptUntilMs(this.startedAtMs, nowMs),
      { limits: this.limits, disk },
    );
    let tallies: readonly TallyRow[] = [];
    this.statements.get('BEGIN IMMEDIATE').run();
    try {
      const isDue = this.nextDueAtMs !== null && this.nextDueAtMs <= nowMs;
      if (isDue) settleDue(tx, SETTLED_PER_GROUP);
      const dropsExpired = this.hasExpired || this.isTimeToKeepHouse(tx);
      const hasMoreExpired = dropsExpired && this.dropExpired(tx);
      const outcomes = commands.map((command) => applyCommand(tx, command));
      tallies = this.isTimeToKeepHouse(tx) ? this.book.take() : [];
      this.keepHouse(tx, tallies);
      tx.flush();
      const nextDueAtMs =
        isDue || tx.dueChanged ? nextDueMs(tx, this.startedAtMs) : this.nextDueAtMs;
      this.statements.get('COMMIT').run();
      this.nextDueAtMs = nextDueAtMs;
      this.hasExpired = hasMoreExpired;
      this.remembered = tx.remembered + (dropsExpired ? 0 : this.remembered);
      this.book.add(minuteOf(nowMs), tx.tallies());
      const deadLetters = tx.deadLetters.list();
      return { outcomes, ready: tx.readyQueues(), nextDueAtMs, deadLetters, tallies, disk };
    } catch (error) {
      this.book.giveBack(tallies);
      this.queues.clear();
      this.clockPersistedAtMs = 0;
      this.nextDueAtMs = 0;
      if (this.db.inTransaction) this.statements.get('ROLLBACK').run();
      throw error;
    }
  }

  /** Persists the time, so that the next start continues from it. */
  beforeClose(nowMs: number): void {
    this.persistClock(nowMs);
    writeHistory(this.statements, this.book.take());
  }

  private persistClock(nowMs: number): void {
    this.statements
      .get("INSERT OR REPLACE INTO meta (name, value) VALUES ('clock_ms', ?)")
      .run(nowMs);
  }

  /** Whether a later commit group has work to do: tallies to write or expired rows to remove. */
  get wantsCommitGroup(): boolean {
    return !this.book.isEmpty || this.hasExpired;
  }

  /**
   * Removes expired rows before the commands, which may need their room: a few from time to time, and
   * some with every commit group while there are more. @returns whether there are more
   */
  private dropExpired(tx: SqliteTransaction): boolean {
    const limit = removedPerStep(this.remembered, RECORDS_REMOVED);
    const moreRecords = dropExpiredRecords(tx, limit);
    return dropExpiredDeduplications(tx, limit) || moreRecords;
  }

  private isTimeToKeepHouse({ nowMs }: SqliteTransaction): boolean {
    return nowMs - this.clockPersistedAtMs >= KEEP_HOUSE_EVERY_MS;
  }

  private keepHouse(tx: SqliteTransaction, tallies: readonly TallyRow[]): void {
    if (!this.isTimeToKeepHouse(tx)) return;
    writeHistory(this.statements, tallies);
    this.clockPersistedAtMs = tx.nowMs;
    this.persistClock(tx.nowMs);
  }
}
