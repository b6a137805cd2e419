import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '#server/core/clock';
import type { Store } from '#server/core/store';
import { SqliteStore } from '#server/store/sqlite/sqlite-store';

/**
 * A store as the suites see it: a second one is one more factory here, and runs all of them.
 * `url` is what a server is started on; `open` is the port itself, over a clock of the test's own.
 */
export interface StoreFixture {
  readonly url: string;
  open(makeClock?: (floorMs: number) => Clock): Promise<Store>;
  /** Ends the fixture and removes what it kept. Stores that were opened are stopped before. */
  remove(): Promise<void>;
}

export interface StoreFactory {
  readonly name: string;
  create(): Promise<StoreFixture>;
}

const sqlite: StoreFactory = {
  name: 'sqlite',
  async create() {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'));
    const path = join(folder, 'millrace.db');
    return {
      url: `sqlite:${path}`,
      open: (makeClock) =>
        SqliteStore.open({ path, minFreeBytes: 0, ...(makeClock && { makeClock }) }),
      remove: () => rm(folder, { recursive: true, force: true }),
    };
  },
};

export const STORE_FACTORIES: readonly StoreFactory[] = [sqlite];
