import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Command } from '../../../core/commands/commands.js';
import { GROUP_LIMITS } from '../../../core/engine/group-commit.js';
import type { DiskSpace, StorageLimits } from '../../../core/limits/storage-limits.js';
import type { CommitGroupFacts } from '../../../core/store/store.js';
import { CommitGroupApplier, type CommitGroupResult } from '../apply-commit-group.js';
import { type Migrated, openWriter } from '../driver/database.js';
import { isPassing } from '../driver/errors.js';
import { preparePath } from '../file/database-path.js';
import { lockStore } from '../file/file-lock.js';
import { widerThanNeeded } from '../file/file-modes.js';
import { FreeSpace, freeBytesBeside } from '../file/free-space.js';
import { Reserve } from '../file/reserve.js';
import { SpaceKeeper, type SpaceNeed } from '../file/space-keeper.js';
import { Failure, serveThread } from './thread-channel.js';
import {
  type PackedCommand,
  type PackedOutcome,
  packOutcome,
  unpackCommand,
} from './thread-codec.js';

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
      readonly commands: readonly PackedCommand[];
      readonly about: CommitGroupFacts;
      readonly nowMs: number;
    }
  | { readonly kind: 'look'; readonly nowMs: number }
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
  (requests) => {
    const group = leadingGroup(requests);
    return group.length > 0 ? applyTogether(group) : [handle(requests[0] as OtherRequest)];
  },
  { answersAtOnce: 1 },
);

type ApplyRequest = Extract<WriterRequest, { kind: 'apply' }>;
type OtherRequest = Exclude<WriterRequest, { kind: 'apply' }>;

/**
 * The commit groups that arrived while the last one committed, which are applied together within bounds.
 */
function leadingGroup(requests: readonly WriterRequest[]): ApplyRequest[] {
  const group: ApplyRequest[] = [];
  let commands = 0;
  let bytes = 0;
  for (const request of requests) {
    if (request.kind !== 'apply') break;
    const { about } = request;
    commands += request.commands.length;
    bytes += about.bytes;
    const isFull = commands > GROUP_LIMITS.maxCommands || bytes > GROUP_LIMITS.maxBytes;
    if (group.length > 0 && (isFull || about.keepsApart)) break;
    group.push(request);
    if (about.keepsApart) break;
  }
  return group;
}

/** The commit groups share a transaction, and so its failure. */
function applyTogether(requests: readonly ApplyRequest[]): (WriterAnswer | Failure)[] {
  try {
    return answersTogether(requests);
  } catch (error) {
    return requests.map(() => new Failure(error));
  }
}

function answersTogether(requests: readonly ApplyRequest[]): WriterAnswer[] {
  const commands = requests.flatMap((request) => request.commands.map(unpackCommand));
  const nowMs = (requests.at(-1) as ApplyRequest).nowMs;
  const { outcomes, ...rest } = applier.apply(commands, nowMs);
  const after = afterCommit();
  let offset = 0;
  return requests.map((request) => {
    const from = offset;
    offset += request.commands.length;
    const mine = outcomes
      .slice(from, offset)
      .map((outcome, index) => packOutcome(commands[from + index] as Command, outcome));
    const isLast = offset === outcomes.length;
    // Results of the whole transaction are reported once.
    const group = {
      ...rest,
      ready: isLast ? rest.ready : [],
      deadLetters: isLast ? rest.deadLetters : [],
      outcomes: mine,
    };
    return { group, ...after, wantsCommitGroup: applier.wantsCommitGroup };
  });
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

function handle(request: OtherRequest): WriterAnswer {
  switch (request.kind) {
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
    case 'look':
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
