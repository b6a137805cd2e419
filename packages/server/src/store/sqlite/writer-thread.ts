import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Command } from '../../core/commands.js';
import { GroupApplier, type GroupResult } from './apply-group.js';
import { openWriter } from './database.js';
import { lockStore } from './folder-lock.js';
import { FreeSpace } from './free-space.js';
import { SpaceKeeper, type SpaceNeed } from './space.js';
import { serveThread } from './thread-channel.js';

/** The thread that owns the one connection that writes. */
export interface WriterOptions {
  readonly path: string;
  readonly minFreeBytes: number;
}

export type WriterRequest =
  | { readonly kind: 'open' }
  | { readonly kind: 'start'; readonly nowMs: number }
  | { readonly kind: 'apply'; readonly commands: readonly Command[]; readonly nowMs: number }
  | { readonly kind: 'reclaim' }
  | { readonly kind: 'close' };

export interface WriterAnswer {
  readonly clockFloorMs?: number;
  readonly group?: GroupResult;
  readonly need?: SpaceNeed;
}

const options = workerData as WriterOptions;
const unlock = { run: () => {} };
let applier: GroupApplier;
let space: SpaceKeeper;
let close = (): void => {};

serveThread<WriterRequest, WriterAnswer>(parentPort as MessagePort, (request) => {
  switch (request.kind) {
    case 'open': {
      unlock.run = lockStore(options.path);
      const db = openWriter(options.path);
      close = () => db.close();
      applier = new GroupApplier(db, new FreeSpace(options.path, options.minFreeBytes));
      space = new SpaceKeeper(db);
      return { clockFloorMs: applier.clockFloorMs() };
    }
    case 'start':
      applier.start(request.nowMs);
      return {};
    case 'apply': {
      const group = applier.apply(request.commands, request.nowMs);
      return { group, need: space.afterGroup() };
    }
    case 'reclaim':
      return { need: space.reclaim() };
    case 'close':
      space.beforeClose();
      close();
      unlock.run();
      return {};
  }
});
