import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Command } from '../../../core/commands/commands.js';
import type { DiskSpace, StorageLimits } from '../../../core/limits/storage-limits.js';
import { CommitGroupApplier, type CommitGroupResult } from '../apply-commit-group.js';
import { type Migrated, openWriter } from '../driver/database.js';
import { isPassing } from '../driver/errors.js';
import { preparePath } from '../file/database-path.js';
import { lockStore } from '../file/file-lock.js';
import { widerThanNeeded } from '../file/file-modes.js';
import { FreeSpace, freeBytesBeside } from '../file/space/free-space.js';
import { Reserve } from '../file/space/reserve.js';
import { SpaceKeeper, type SpaceNeed } from '../file/space/space-keeper.js';
import { serveThread } from './thread-channel.js';
import { type PackedOutcome, packOutcome } from './thread-codec.js';

/** The thread that owns the only connection that writes. */
export interface WriterOptions {
  readonly path: string;
  readonly minFreeBytes: number;
  readonly limits: StorageLimits;
}

export type WriterRequest =
  | { readonly kind: 'open' }
  | { readonly kind: 'start'; readonly nowMs: number }
  | {
      readonly kind: 'apply';
      readonly commands: readonly Command[];
      readonly nowMs: number;
    }
  | { readonly kind: 'diskSpace'; readonly nowMs: number }
  | { readonly kind: 'reclaim' }
  | { readonly kind: 'restartWal' }
  | { readonly kind: 'close'; readonly nowMs: number };

export interface WriterAnswer {
  readonly clockMinMs?: number;
  readonly migrated?: Migrated;
  /** Shell commands that deny other users of the machine access to the files. */
  readonly wider?: readonly string[];
  readonly group?: Omit<CommitGroupResult, 'outcomes'> & { readonly outcomes: PackedOutcome[] };
  readonly need?: SpaceNeed | null;
  /** How much space the disk has left. */
  readonly disk?: DiskSpace;
  /** Why maintenance of the files was postponed. */
  readonly postponed?: string;
  /** Whether the WAL was restarted. */
  readonly restarted?: boolean;
  /** Tallies or expired rows wait for a later commit group. */
  readonly wantsCommitGroup?: boolean;
}

const options = workerData as WriterOptions;
let unlock = (): void => {};
let applier: CommitGroupApplier;
let space: SpaceKeeper;
let freeSpace: FreeSpace;
let close = (): void => {};

serveThread<WriterRequest, WriterAnswer>(
  parentPort as MessagePort,
  ([request]) => [handle(request as WriterRequest)],
  { answersAtOnce: 1 },
);

function apply(commands: readonly Command[], nowMs: number): WriterAnswer {
  const { outcomes, ...rest } = applier.apply(commands, nowMs);
  const group = {
    ...rest,
    outcomes: outcomes.map((outcome, index) => packOutcome(commands[index] as Command, outcome)),
  };
  return { group, ...afterCommit(), wantsCommitGroup: applier.wantsCommitGroup };
}

/** Committed commands are answered even if maintenance of the files fails temporarily. */
function afterCommit(): Pick<WriterAnswer, 'need' | 'postponed'> {
  try {
    return { need: space.afterCommitGroup() };
  } catch (error) {
    if (!isPassing(error)) throw error;
    return { postponed: (error as Error).message };
  }
}

function handle(request: WriterRequest): WriterAnswer {
  switch (request.kind) {
    case 'apply':
      return apply(request.commands, request.nowMs);
    case 'open': {
      const { path, minFreeBytes } = options;
      preparePath(path);
      unlock = lockStore(path);
      const reserve = new Reserve(path, minFreeBytes);
      // Opening the file takes some room too.
      if (freeBytesBeside(path) < reserve.bytes) reserve.giveBack();
      const { db, migrated } = openWriter(path);
      close = () => db.close();
      space = new SpaceKeeper(db, path);
      freeSpace = new FreeSpace(
        minFreeBytes,
        () => freeBytesBeside(path) - space.pendingBytes(),
        reserve,
      );
      applier = new CommitGroupApplier(db, freeSpace, options.limits, space);
      return {
        clockMinMs: applier.clockMinMs(),
        migrated,
        wider: widerThanNeeded(path),
      };
    }
    case 'start':
      applier.start(request.nowMs);
      // The first look at the free space creates the reserve, before anybody waits for an answer.
      freeSpace.at(request.nowMs);
      return {};
    case 'diskSpace':
      return { disk: freeSpace.at(request.nowMs) };
    case 'reclaim':
      return { need: space.reclaim() };
    case 'restartWal':
      return { restarted: space.restartWal() };
    case 'close':
      try {
        applier.beforeClose(request.nowMs);
        space.beforeClose();
      } finally {
        close();
        unlock();
      }
      return {};
  }
}
