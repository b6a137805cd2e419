import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGroupCommit } from '#server/core/commit-groups/group-commit';
import { createIdSource } from '#server/core/ids';
import { PostgresStore } from '#server/store/postgres/postgres-store';
import { FakeClock } from '../../harness/fake-clock.js';
import { TcpProxy } from '../../harness/tcp-proxy.js';
import { CommandBuilder } from '../../store-conformance/command-builder.js';
import { on, useTwoStores } from '../two-stores.js';

const ids = createIdSource(new FakeClock());
const GROUP = { groupId: 'g', groupKey: 'g' } as object;

describe('a node whose host is lost in the middle of a transaction', () => {
  const stores = useTwoStores();
  let proxy: TcpProxy;
  let lost: PostgresStore;

  beforeEach(async () => {
    proxy = await TcpProxy.start(stores.url);
    lost = await PostgresStore.open({ url: proxy.url, maxConnections: 4 });
  });
  afterEach(async () => {
    await proxy.stop();
    await lost.stop();
  });

  /** Counts the transactions that stand still and have locked message groups. */
  const openTransactions = async (): Promise<number> => {
    const { rows } = await stores.admin.query(
      `SELECT count(DISTINCT a.pid)::integer AS n FROM pg_stat_activity a JOIN pg_locks l USING (pid)
        WHERE a.state = 'idle in transaction' AND a.datname = current_database()
          AND l.relation = 'millrace.fifo_groups'::regclass AND l.mode = 'RowShareLock'`,
    );
    return rows[0].n;
  };

  /**
   * Makes the node fall silent between two round trips of a commit group, while the database's side
   * stays open.
   */
  async function loseWithLock(work: () => Promise<unknown>): Promise<void> {
    for (let round = 0; round < 400; round += 1) {
      void work().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, round % 7));
      proxy.goSilent();
      await new Promise((resolve) => setTimeout(resolve, 100));
      if ((await openTransactions()) > 0) return;
      proxy.resume();
    }
    throw new Error('the proxy never fell silent inside a transaction');
  }

  it('does not block its message group for good, and never affects other queues', async () => {
    const make = new CommandBuilder('lost', ids);
    await on(stores.one, make.createQueue('fifo', { type: 'fifo' }));
    await on(stores.one, make.createQueue('other'));
    await on(stores.one, make.publish('fifo', [GROUP]));
    await loseWithLock(() => on(lost, make.publish('fifo', [GROUP])));

    const commit = createGroupCommit(stores.one);
    const stuck = commit.submit(make.publish('fifo', [GROUP]));
    let others = 0;
    const strangers: Promise<unknown>[] = [];
    const isStuck = { now: true };
    void stuck.finally(() => {
      isStuck.now = false;
    });
    while (isStuck.now) {
      const one = commit.submit(make.publish('other', ['x']));
      strangers.push(one);
      await one;
      others += 1;
    }
    for (const outcome of await Promise.all(strangers)) expect(outcome).toMatchObject({ ok: true });
    // If they were blocked, it would be all the time.
    expect(others).toBeGreaterThan(2);
    const outcome = await stuck;
    if (!outcome.ok) {
      expect(outcome).toMatchObject({ code: 'STORE_UNAVAILABLE', heldUp: true });
      expect(await commit.submit(make.publish('fifo', [GROUP]))).toMatchObject({ ok: true });
    }
    expect(await openTransactions()).toBe(0);
    await commit.stop();
  });
});
