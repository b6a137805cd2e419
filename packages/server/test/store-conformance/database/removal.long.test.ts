import { expect, it } from 'vitest';
import { createExpiry } from '#server/maintenance/expire-messages';
import { createDiscardedSweep } from '#server/maintenance/sweep-discarded';
import { countRows } from '../../harness/row-counts.js';
import { takeSteps } from '../dead-letters/stepped-job.js';
import { onEachStore, type StoreSession } from '../store-session.js';

const DAY_MS = 86_400_000;
const DEDUPLICATION_MS = 300_000;

const times = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const rowsOf = async (session: StoreSession, table: string): Promise<number> =>
  (await countRows(session.fixture.url))[table] as number;

onEachStore('the removal of expired rows', (session) => {
  it('keeps up with the rate of new ones: recorded answers', async () => {
    const project = session().project();
    await project.create('q');
    const perGroup = 2_500;
    const group = (round: number) =>
      times(perGroup).map((index) => {
        const unknown = { messageId: `unknown-${index}`, receipt: null };
        const idempotency = {
          capability: 'queue.ack' as const,
          key: `${round}-${index}`,
          fingerprint: 'f',
          windowMs: 4_000,
        };
        return project.ack('q', unknown, { idempotency });
      });
    for (const round of times(28)) {
      await project.group(...group(round));
      session().clock.advance(1_000);
    }
    // The windows of four commit groups are still open.
    expect(await rowsOf(session(), 'idempotency')).toBeLessThan(8 * perGroup);
    session().clock.advance(4_000);
    for (const _ of times(3)) await project.group();
    expect(await rowsOf(session(), 'idempotency')).toBeLessThan(4 * perGroup);
  });

  it('keeps up with the rate of new ones: deduplication ids', async () => {
    const project = session().project();
    await project.create('q', { type: 'fifo' });
    const perGroup = 3_000;
    for (const round of times(24)) {
      await project.send(
        'q',
        ...times(perGroup).map((index) => ({
          groupId: 'g',
          groupKey: 'g',
          deduplicationId: `${round}-${index}`,
        })),
      );
      session().clock.advance(DEDUPLICATION_MS / 4);
    }
    expect(await rowsOf(session(), 'deduplications')).toBeLessThan(8 * perGroup);
  });

  it('keeps up with the rate of new ones: messages of purged queues', async () => {
    const project = session().project();
    await project.create('purged');
    const before = await rowsOf(session(), 'messages');
    const { clock, store } = session();
    const { commit, job, stepIsOver } = takeSteps(session(), (commit) =>
      createDiscardedSweep(commit, clock, store.safetyPollMs !== null),
    );
    job.start();
    await stepIsOver();
    const perRound = 1_500;
    for (const _ of times(12)) {
      await commit.submit(project.publish('purged', Array(perRound).fill('null')));
      await commit.submit(project.purgeQueue('purged'));
      job.wake();
      await stepIsOver();
      clock.advance(100);
      await stepIsOver();
    }
    expect((await rowsOf(session(), 'messages')) - before).toBeLessThan(4 * perRound);
    await job.stop();
  });

  it('keeps up with the rate of new ones: messages past their retention', async () => {
    const project = session().project();
    await project.create('kept', { messageRetentionDays: 1 });
    const before = await rowsOf(session(), 'messages');
    const { clock } = session();
    const { commit, job, stepIsOver } = takeSteps(session(), (commit) =>
      createExpiry(commit, clock),
    );
    job.start();
    await stepIsOver();
    const perRound = 2_000;
    for (const _ of times(16)) {
      await commit.submit(project.publish('kept', Array(perRound).fill('null')));
      clock.advance(DAY_MS / 2);
      await stepIsOver();
      clock.advance(10);
      await stepIsOver();
    }
    // The messages of two rounds are still within their retention.
    expect((await rowsOf(session(), 'messages')) - before).toBeLessThan(6 * perRound);
    await job.stop();
  });
});
