import { closeSync, fdatasyncSync, openSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import Database from 'better-sqlite3';
import { monotonicMs, wallMs } from '../../../core/clock.js';
import { StoreOpenError } from '../../../core/store/store.js';
import { assertUsable, explainFailure, faultOf } from '../driver/database.js';
import { fileAt } from './database-path.js';
import { inWordsOfDisk, NewFile, refuseExisting } from './new-file.js';
import { drawId, refuseForeignWal } from './wal/wal-owner.js';

export interface CopyProgress {
  readonly step: 'copy' | 'check';
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface BackupOptions {
  /** The file of the store; a server may be using it. */
  readonly path: string;
  /** The file to create; it must not exist. */
  readonly to: string;
  readonly onProgress?: (progress: CopyProgress) => void;
  /** Ends the backup early; nothing is left behind. */
  readonly signal?: AbortSignal;
}

export interface Backup {
  readonly path: string;
  readonly bytes: number;
  /** It contains every call acknowledged before this time, and none made a millisecond later. */
  readonly atMs: number;
}

const PAGE_BYTES = 4_096;
const PAGES_PER_STEP = 64;
/** The copy is synced to disk in small parts, so that no commit waits behind a large one. */
const SYNC_EVERY_PAGES = 1_024;
/** The pause after a step, for each millisecond that it took: the rest is for the server's traffic. */
const REST_SHARE = 1;
/** How exact the time of a backup is, and how many tries are made for that. */
const MOMENT_MS = 1;
const MOMENT_TRIES_MAX = 100;

/**
 * Copies a store while a server works on it, as it is at one moment. A read transaction fixes that
 * moment, so that the copy never has to restart however much is written meanwhile; those writes stay in
 * the WAL until the copy is done. The copy is opened and checked before it gets its name.
 *
 * @throws StoreOpenError with a message for the operator
 */
export async function backUp(options: BackupOptions): Promise<Backup> {
  const path = fileAt(options.path);
  const to = resolve(options.to);
  refuseExisting(to);
  const source = explainFailure(path, () => openSource(path));
  try {
    const { atMs, pages } = holdMoment(source);
    const totalBytes = pages * PAGE_BYTES;
    const file = new NewFile(to, totalBytes);
    try {
      await copyPages(source, file.partial, options);
      options.onProgress?.({ step: 'check', doneBytes: totalBytes, totalBytes });
      const fault = makePlain(file.partial);
      if (fault !== null) {
        throw new StoreOpenError(
          `The copy of ${path} is damaged (${fault}) and was removed. Keep your older backups.`,
        );
      }
      options.signal?.throwIfAborted();
      file.finish();
    } catch (error) {
      file.discard();
      // Damage to the store shows as its pages are read.
      const { code, message } = error as { code?: unknown; message: string };
      if (String(code).startsWith('SQLITE_CORRUPT')) {
        throw new StoreOpenError(`${path} is damaged (${message}); no copy was made.`);
      }
      throw inWordsOfDisk(error, file.partial);
    }
    return { path: file.path, bytes: statSync(file.path).size, atMs };
  } finally {
    source.close();
  }
}

/**
 * Begins the read transaction. The time is taken just before; if the process was delayed in between,
 * both are repeated, so that the time is that of the copy.
 */
function holdMoment(source: Database.Database): { atMs: number; pages: number } {
  for (let tries = 1; ; tries += 1) {
    const beganMs = monotonicMs();
    const atMs = wallMs();
    source.exec('BEGIN');
    const pages = source.pragma('page_count', { simple: true }) as number;
    if (monotonicMs() - beganMs < MOMENT_MS || tries === MOMENT_TRIES_MAX) return { atMs, pages };
    source.exec('COMMIT');
  }
}

function openSource(path: string): Database.Database {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) {
    throw new StoreOpenError(`There is no store at ${path}. Name it with --store sqlite:PATH.`);
  }
  refuseForeignWal(path);
  const source = new Database(path, { readonly: true, fileMustExist: true });
  try {
    assertUsable(source, path);
    return source;
  } catch (error) {
    source.close();
    throw error;
  }
}

async function copyPages(
  source: Database.Database,
  to: string,
  { onProgress, signal }: BackupOptions,
): Promise<void> {
  const copy = openSync(to, 'r+');
  try {
    let stepBeganMs = monotonicMs();
    let syncedPages = 0;
    await source.backup(to, {
      progress: ({ totalPages, remainingPages }) => {
        signal?.throwIfAborted();
        const donePages = totalPages - remainingPages;
        if (donePages - syncedPages >= SYNC_EVERY_PAGES) {
          fdatasyncSync(copy);
          syncedPages = donePages;
        }
        rest((monotonicMs() - stepBeganMs) * REST_SHARE);
        stepBeganMs = monotonicMs();
        const doneBytes = donePages * PAGE_BYTES;
        onProgress?.({ step: 'copy', doneBytes, totalBytes: totalPages * PAGE_BYTES });
        return PAGES_PER_STEP;
      },
    });
  } finally {
    closeSync(copy);
  }
}

/**
 * Pauses between two steps, which would otherwise follow each other at once. The process does nothing
 * else.
 */
function rest(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Merges a copy and its WAL, if any, into one file, and checks it. @returns its fault, or null */
export function makePlain(path: string): string | null {
  const db = new Database(path, { fileMustExist: true });
  try {
    assertUsable(db, path);
    drawId(db);
    return faultOf(db);
  } finally {
    db.close();
  }
}
