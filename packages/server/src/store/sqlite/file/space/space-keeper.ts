import { type Stats, statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { isPassing } from '../../driver/errors.js';
import { withoutWaiting, writeFirstPage } from '../wal/wal-owner.js';

/** The maintenance that the file needs, which is not part of a commit group. */
export interface SpaceNeed {
  /** A passive checkpoint, on the other thread. */
  readonly checkpoint: boolean;
  /** The WAL has reached its limit, and this thread must restart it. */
  readonly restart: boolean;
  /** There are free pages to give back to the file system. */
  readonly reclaim: boolean;
}

const PAGE_BYTES = 4_096;
/** From this size on, the other thread copies the WAL into the database. */
const CHECKPOINT_PAGES = (8 * 1024 * 1024) / PAGE_BYTES;
/** At this size, this thread finishes the copying itself and restarts the WAL. */
export const WAL_LIMIT_BYTES = 64 * 1024 * 1024;
const WAL_LIMIT_PAGES = WAL_LIMIT_BYTES / PAGE_BYTES;
const CHECK_EVERY_GROUPS = 8;
/** How many free pages are kept for the next messages. */
const FREE_PAGES_KEPT = 2_048;
const RECLAIM_PAGES_PER_STEP = 32;

/**
 * Keeps the WAL and the file within bounds. With passive checkpoints alone, which never catch up with a
 * steady writer, the WAL would grow without end; checkpoints in the hot thread alone would slow down
 * every commit group.
 */
export class SpaceKeeper {
  private commitGroups = 0;
  // Prepared once: preparing them each time took longer than running them.
  private readonly walState: Database.Statement;
  private readonly freePages: Database.Statement;
  private readonly pageCount: Database.Statement;
  private lastWalPages = 0;
  /** The file that SQLite has open. */
  private readonly opened: Stats;

  constructor(
    private readonly db: Database.Database,
    private readonly path: string,
  ) {
    this.walState = db.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.freePages = db.prepare('PRAGMA freelist_count').pluck();
    this.pageCount = db.prepare('PRAGMA page_count').pluck();
    this.opened = statSync(path);
  }

  /** How much the file will grow when the WAL is copied into it: space that is as good as used. */
  pendingBytes(): number {
    const found = statSync(this.path);
    if (found.ino !== this.opened.ino || found.dev !== this.opened.dev) throw fileReplaced();
    return Math.max(0, (this.pageCount.get() as number) * PAGE_BYTES - found.size);
  }

  /** @returns null if it did not check */
  afterCommitGroup(): SpaceNeed | null {
    this.commitGroups += 1;
    if (this.commitGroups % CHECK_EVERY_GROUPS !== 0) return null;
    return { ...this.walNeed(), reclaim: this.hasSpareFreePages() };
  }

  /**
   * Copies the rest of the WAL and restarts it, unless somebody reads from it: it does not wait for
   * readers, since all commits would wait too. @returns whether the WAL was restarted
   */
  restartWal(): boolean {
    const [result] = withoutWaiting(
      this.db,
      () => this.db.pragma('wal_checkpoint(RESTART)') as { busy: number }[],
    );
    if (result?.busy !== 0) return false;
    // This write begins the new WAL, and truncates its file if that has grown.
    writeFirstPage(this.db);
    return true;
  }

  /** A restarted WAL needs no more room until it is as long as before. */
  makeRoom(): void {
    try {
      this.restartWal();
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
  }

  /** Gives a few free pages back to the file system. */
  reclaim(): SpaceNeed {
    this.db.pragma(`incremental_vacuum(${RECLAIM_PAGES_PER_STEP})`);
    const reclaim = this.hasSpareFreePages();
    const { checkpoint, restart } = this.walNeed();
    // The file gets shorter only when a checkpoint copies these changes into it.
    return { checkpoint: !reclaim || checkpoint, restart, reclaim };
  }

  /** If another process reads from the WAL, the WAL stays; the next start copies it. */
  beforeClose(): void {
    withoutWaiting(this.db, () => this.db.pragma('wal_checkpoint(TRUNCATE)'));
  }

  private walNeed(): Pick<SpaceNeed, 'checkpoint' | 'restart'> {
    const pages = this.walPages();
    // The WAL was restarted by a write after all of it had been copied.
    if (pages < this.lastWalPages) writeFirstPage(this.db);
    this.lastWalPages = pages;
    return { checkpoint: pages >= CHECKPOINT_PAGES, restart: pages >= WAL_LIMIT_PAGES };
  }

  /** Pages in the WAL that are not yet known to be in the database. */
  private walPages(): number {
    return (this.walState.get() as { log: number }).log;
  }

  private hasSpareFreePages(): boolean {
    return (this.freePages.get() as number) > FREE_PAGES_KEPT;
  }
}

/** What is written now would be gone with the next start, which opens the other file. */
const fileReplaced = (): Error =>
  Object.assign(
    new Error('the file of the database was replaced by another one while the server was running'),
    { code: 'SQLITE_READONLY_DBMOVED' },
  );
