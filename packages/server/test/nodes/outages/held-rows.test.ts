import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createGroupCommit, type GroupCommit } from '#server/core/commit-groups/group-commit';
import { createIdSource } from '#server/core/ids';
import type { SteppedJob } from '#server/maintenance/background-job';
import { createExpiry } from '#server/maintenance/expire-messages';
import { createDiscardedSweep } from '#server/maintenance/sweep-discarded';
import { FakeClock } from '../../harness/fake-clock.js';
import { CommandBuilder } from '../../store-conformance/command-builder.js';
import { on, useTwoStores } from '../two-stores.js';

const ids = createIdSource(new FakeClock());

describe('beside a row locked by another transaction', () => {
  const stores = useTwoStores();

  /** A job on a clock that stands still, and the number of steps it has begun. */
  function counted(create: (commit: GroupCommit, clock: FakeClock) => SteppedJob) {
    const clock = new FakeClock(Date.now());
    const commit = createGroupCommit(stores.one);
    const outcomes: Promise<unknown>[] = [];
    const job = create(
      {
        ...commit,
        submit: (command, access) => {
          const outcome = commit.submit(command, access);
          outcomes.push(outcome);
          return outcome;
        },
      },
      clock,
    );
    return {
      clock,
      job,
      /** Resolves once all steps have ended that do not wait for the clock. */
      steps: async () => {
        for (let ended = -1; ended !== outcomes.length; ) {
          ended = outcomes.length;
          await Promise.allSettled(outcomes);
          await nextTurn();
        }
        return outcomes.length;
      },
    };
  }

  const messagesIn = async (bucket: string): Promise<number> => {
    const { rows } = await stores.admin.query(
      'SELECT count(*)::integer AS n FROM millrace.messages WHERE bucket_id = $1',
      [bucket],
    );
    return rows[0].n;
  };

  it.each(['standard', 'fifo'] as const)(
    'the retention sweep of a %s queue waits for seconds between two steps',
    async (type) => {
      const make = new CommandBuilder(`kept-${type}`, ids);
      await on(stores.one, make.createQueue('q', { messageRetentionDays: 1, type }));
      await on(stores.one, make.publish('q', [{ groupId: 'g', groupKey: 'g' } as object]));
      const { rows } = await stores.admin.query(
        'SELECT bucket_id AS bucket FROM millrace.queues WHERE project = $1',
        [make.name],
      );
      const { bucket } = rows[0];
      await stores.admin.query(
        `UPDATE millrace.messages SET live_since_ms = live_since_ms - 10 * 86400000
          WHERE bucket_id = $1`,
        [bucket],
      );
      await stores.admin.query('BEGIN');
      await stores.admin.query('SELECT 1 FROM millrace.messages WHERE bucket_id = $1 FOR UPDATE', [
        bucket,
      ]);
      const { clock, job, steps } = counted(createExpiry);
      job.start();
      try {
        expect(await steps()).toBe(1);
        clock.advance(1_000);
        expect(await steps()).toBe(1);
        clock.advance(10_000);
        expect(await steps()).toBe(2);
      } finally {
        await stores.admin.query('ROLLBACK');
        await job.stop();
      }
      job.start();
      await steps();
      expect(await messagesIn(bucket)).toBe(0);
      await job.stop();
    },
  );

  it('the sweep of purged messages returns for the row later', async () => {
    const make = new CommandBuilder('purged', ids);
    await on(stores.one, make.createQueue('q'));
    await on(stores.one, make.publish('q', ['1']));
    const { rows } = await stores.admin.query(
      'SELECT bucket_id AS bucket FROM millrace.queues WHERE project = $1',
      [make.name],
    );
    const { bucket } = rows[0];
    await on(stores.one, make.purgeQueue('q'));
    await stores.admin.query('BEGIN');
    await stores.admin.query('SELECT 1 FROM millrace.messages WHERE bucket_id = $1 FOR UPDATE', [
      bucket,
    ]);
    const { clock, job, steps } = counted((commit, clock) =>
      createDiscardedSweep(commit, clock, true),
    );
    job.start();
    expect(await steps()).toBe(1);
    await stores.admin.query('ROLLBACK');
    clock.advance(120_000);
    await steps();
    expect(await messagesIn(bucket)).toBe(0);
    await job.stop();
  });
});
