import type pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import type { Command, Outcome } from '#server/core/commands/commands';
import type { Store } from '#server/core/store/store';
import { STORE_FACTORIES, type StoreFactory, type StoreFixture } from '../harness/stores.js';
import { connectAdmin } from './postgres-nodes.js';

/** The stores of two nodes over one PostgreSQL database, and a connection of the test's own. */
export interface TwoStores {
  readonly one: Store;
  readonly other: Store;
  readonly admin: pg.Client;
  readonly url: string;
}

/**
 * Opens the stores before the tests of the calling block, and removes them after those tests.
 *
 * @param setting a setting of the database that is made first, as SQL
 */
export function useTwoStores(setting?: string): TwoStores {
  const opened = {} as { -readonly [K in keyof TwoStores]: TwoStores[K] };
  let fixture: StoreFixture;
  beforeAll(async () => {
    fixture = await (
      STORE_FACTORIES.find(({ name }) => name === 'postgres') as StoreFactory
    ).create();
    opened.url = fixture.url;
    opened.admin = await connectAdmin(fixture.url);
    if (setting !== undefined) {
      await opened.admin.query(`DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET ${setting}', current_database());
      END $$`);
    }
    opened.one = await fixture.open();
    opened.other = await fixture.open();
  });
  afterAll(async () => {
    await opened.admin.end();
    await Promise.all([opened.one.stop(), opened.other.stop()]);
    await fixture.remove();
  });
  return opened;
}

/** Applies one command in its own commit group. */
export const on = async <C extends Command>(
  store: Store,
  command: C,
): Promise<Outcome<C['kind']>> => (await store.apply([command]))[0] as Outcome<C['kind']>;
