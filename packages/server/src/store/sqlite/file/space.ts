import { statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { isPassing } from '../driver/errors.js';
import { withoutWaiting, writeFirstPage } from './wal-owner.js';

/** What the file needs that is not done with a commit group. */
export interface SpaceNeed {
  /** A passive checkpoint, off this thread. */
  readonly checkpoint: boolean;
  /** The WAL has reached its limit and is to be started anew, by this thread. */
  readonly restart: boolean;
  /** Free pages that can go back to the file system. */
  readonly reclaim: boolean;
}

const PAGE_BYTES = 4_096;
/** From here on, the other thread copies the WAL into the database. */
const CHECKPOINT_PAGES = (8 * 1024 * 1024) / PAGE_BYTES;
/** Here this thread finishes the copying itself and starts the WAL anew. */
export const WAL_LIMIT_BYTES = 64 * 1024 * 1024;
const WAL_LIMIT_PAGES = WAL_LIMIT_BYTES / PAGE_BYTES;
const LOOK_EVERY_GROUPS = 8;
/** Free pages that stay for the next messages. */
const FREE_PAGES_KEPT = 2_048;
const RECLAIM_PAGES_PER_STEP = 32;

/**
 * Keeps the WAL and the file in bounds. Passive checkpoints alone never catch up with a steady
 * writer and let the WAL grow without end; checkpoints in the hot thread alone cost every commit group.
 */
export class SpaceKeeper {
  private commitGroups = 0;
  // Prepared once: to prepare them each time took more than to run them.
  private readonly walState: Database.Statement;
  private readonly freePages: Database.Statement;
  private readonly pageCount: Database.Statement;
  private lastWalPages = 0;

  constructor(
    private readonly db: Database.Database,
    private readonly path: string,
  ) {
    this.walState = db.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.freePages = db.prepare('PRAGMA freelist_count').pluck();
    this.pageCount = db.prepare('PRAGMA page_count').pluck();
  }

  /** What the file has yet to grow by, when the WAL is copied into it: space that is as good as used. */
  pendingBytes(): number {
    return Math.max(0, (this.pageCount.get() as number) * PAGE_BYTES - statSync(this.path).size);
  }

  /** @returns null where it did not look */
  afterCommitGroup(): SpaceNeed | null {
    this.commitGroups += 1;
    if (this.commitGroups % LOOK_EVERY_GROUPS !== 0) return null;
    return { ...this.walNeed(), reclaim: this.hasSpareFreePages() };
  }

  /**
   * Copies what is left of the WAL and starts it anew, unless somebody reads from it: it waits for
   * nobody, since all commits would wait with it. @returns whether the WAL starts anew
   */
  restartWal(): boolean {
    const [result] = withoutWaiting(
      this.db,
      () => this.db.pragma('wal_checkpoint(RESTART)') as { busy: number }[],
    );
    if (result?.busy !== 0) return false;
    // It begins the new WAL, and cuts back the file of one that has grown.
    writeFirstPage(this.db);
    return true;
  }

  /** A WAL that starts anew needs no more room, until it is as long as it was. */
  makeRoom(): void {
    try {
      this.restartWal();
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
  }

  /** One small step of giving free pages back. */
  reclaim(): SpaceNeed {
    this.db.pragma(`incremental_vacuum(${RECLAIM_PAGES_PER_STEP})`);
    const reclaim = this.hasSpareFreePages();
    const { checkpoint, restart } = this.walNeed();
    // The file gets shorter only when a checkpoint brings what was done here into it.
    return { checkpoint: !reclaim || checkpoint, restart, reclaim };
  }

  /** Beside another process that reads from the WAL, the WAL stays; the next start copies it. */
  beforeClose(): void {
    withoutWaiting(this.db, () => this.db.pragma('wal_checkpoint(TRUNCATE)'));
  }

  private walNeed(): Pick<SpaceNeed, 'checkpoint' | 'restart'> {
    const pages = this.walPages();
    // It was begun anew, by a write after all of it had been copied.
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
