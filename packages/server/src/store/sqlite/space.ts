import type Database from 'better-sqlite3';

/** What the file needs that is not done with a group. */
export interface SpaceNeed {
  /** A passive checkpoint, off this thread. */
  readonly checkpoint: boolean;
  /** Free pages that can go back to the file system. */
  readonly reclaim: boolean;
}

const PAGE_BYTES = 4_096;
/** From here on, the other thread copies the WAL into the database. */
const CHECKPOINT_PAGES = (8 * 1024 * 1024) / PAGE_BYTES;
/** Here this thread finishes the copying itself and starts the WAL anew: its upper bound. */
export const WAL_LIMIT_PAGES = (64 * 1024 * 1024) / PAGE_BYTES;
const LOOK_EVERY_GROUPS = 8;
/** Free pages that stay for the next messages. */
const FREE_PAGES_KEPT = 2_048;
const RECLAIM_PAGES_PER_STEP = 32;

/**
 * Keeps the WAL and the file in bounds. Passive checkpoints alone never catch up with a steady
 * writer and let the WAL grow without end; checkpoints in the hot thread alone cost every group.
 */
export class SpaceKeeper {
  private groups = 0;
  // Prepared once: to prepare them each time took more than to run them.
  private readonly walState: Database.Statement;
  private readonly freePages: Database.Statement;

  constructor(private readonly db: Database.Database) {
    this.walState = db.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.freePages = db.prepare('PRAGMA freelist_count').pluck();
  }

  afterGroup(): SpaceNeed {
    this.groups += 1;
    if (this.groups % LOOK_EVERY_GROUPS !== 0) return { checkpoint: false, reclaim: false };
    const walPages = this.walPages();
    if (walPages >= WAL_LIMIT_PAGES) this.db.pragma('wal_checkpoint(RESTART)');
    return { checkpoint: walPages >= CHECKPOINT_PAGES, reclaim: this.hasSpareFreePages() };
  }

  /** One small step of giving free pages back. */
  reclaim(): SpaceNeed {
    this.db.pragma(`incremental_vacuum(${RECLAIM_PAGES_PER_STEP})`);
    const reclaim = this.hasSpareFreePages();
    // The file gets shorter only when a checkpoint brings what was done here into it.
    return { checkpoint: !reclaim || this.walPages() >= CHECKPOINT_PAGES, reclaim };
  }

  beforeClose(): void {
    this.db.pragma('wal_checkpoint(TRUNCATE)');
  }

  /** Pages in the WAL that are not yet known to be in the database. */
  private walPages(): number {
    return (this.walState.get() as { log: number }).log;
  }

  private hasSpareFreePages(): boolean {
    return (this.freePages.get() as number) > FREE_PAGES_KEPT;
  }
}
