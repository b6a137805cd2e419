import { expect, it } from 'vitest';
import { fillDay, fillHour } from '#server/core/store/history';
import type { QueueTally } from '#server/core/store/tallies';
import { countRows } from '../../harness/row-counts.js';
import { onEachStore, type Project, type StoreSession } from '../store-session.js';

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** The history of `q` with all that is not written yet. */
async function history(session: StoreSession, project: Project) {
  await session.restart();
  const sinceMinute = Math.floor(session.clock.nowMs() / MINUTE_MS) - 24 * 60;
  const read = { kind: 'history', project: project.name, queue: 'q', sinceMinute } as const;
  const rows = await session.store.read(read);
  if (rows === null) throw new Error('there is no such queue');
  return rows;
}

/** Publishes one message in each of the next minutes, each time with a commit group that writes it. */
async function publishEachMinute(session: StoreSession, project: Project, minutes: number) {
  for (let minute = 0; minute < minutes; minute += 1) {
    await project.send('q', '1');
    session.clock.advance(MINUTE_MS / 2);
    await project.group();
    session.clock.advance(MINUTE_MS / 2);
  }
}

/** To the beginning of a quarter of an hour. */
const alignClock = ({ clock }: StoreSession): void =>
  clock.advance(QUARTER_MS - (clock.nowMs() % QUARTER_MS));

const sum = (rows: readonly { readonly published: number }[]): number =>
  rows.reduce((total, { published }) => total + published, 0);

onEachStore('the history of a queue', (session) => {
  it('keeps all of a day, by minutes at first and by quarters of an hour later', async () => {
    const project = session().project();
    await project.create('q');
    alignClock(session());
    const startMs = session().clock.nowMs();
    await publishEachMinute(session(), project, 15);
    await session().restart();
    await publishEachMinute(session(), project, 15);
    await session().restart(2 * HOUR_MS);
    await publishEachMinute(session(), project, 5);
    const { minutes, quarters } = await history(session(), project);
    expect(quarters.map(({ published, depth }) => [published, depth])).toEqual([
      [15, 15],
      [15, 30],
    ]);
    expect(quarters[0]?.quarter).toBe(startMs / QUARTER_MS);
    expect(sum(minutes)).toBe(5);

    const nowMs = session().clock.nowMs();
    const day = fillDay({ minutes, quarters }, nowMs);
    expect(day).toHaveLength(96);
    expect(day.at(-1)?.quarter).toBe(Math.floor(nowMs / QUARTER_MS));
    expect(sum(day)).toBe(35);
    expect(day.slice(-11).map(({ depth }) => depth)).toEqual([
      ...[15, 30, 30, 30, 30, 30, 30, 30, 30, 30, 35],
    ]);
  });

  it('counts every event in the same quarter, whenever that is rolled up', async () => {
    const project = session().project();
    await project.create('q', { maxRetries: 0 });
    alignClock(session());
    await project.send('q', '1', '2', '3', '4');
    const [acked, failed, lost] = await project.receive('q', 3, 5_000);
    if (!acked || !failed || !lost) throw new Error('nothing was received');
    await project.run(project.ack('q', acked));
    await project.run(project.nack('q', failed));
    session().clock.advance(10_000);
    await project.group({ kind: 'settleDue', limit: 10 });
    session().clock.advance(5_000);
    await project.group();
    const wanted = { depth: 1, published: 4, delivered: 3, acked: 1, failed: 2, deadLettered: 2 };
    const dayAt = async () => fillDay(await history(session(), project), session().clock.nowMs());
    expect((await dayAt()).at(-1)).toMatchObject(wanted);
    session().clock.advance(10 * HOUR_MS);
    await publishEachMinute(session(), project, 1);
    expect((await dayAt()).at(-41)).toMatchObject(wanted);
  });

  it('has a bounded number of rows, however long the queue is busy', async () => {
    const project = session().project();
    await project.create('q');
    await session().restart();
    const before = await countRows(session().fixture.url);
    for (let quarter = 0; quarter < 120; quarter += 1) {
      await publishEachMinute(session(), project, 2);
      session().clock.advance(QUARTER_MS - 2 * MINUTE_MS);
    }
    await session().restart();
    const after = await countRows(session().fixture.url);
    const grown = (table: string): number => (after[table] as number) - (before[table] as number);
    // Two minutes of each quarter within two hours and a quarter.
    expect(grown('queue_history')).toBeLessThanOrEqual(18);
    expect(grown('queue_quarters')).toBeLessThanOrEqual(101);
    expect(sum(fillDay(await history(session(), project), session().clock.nowMs()))).toBe(190);
  });

  it('is shortened by the sweep when nothing happens in the queue any more', async () => {
    const project = session().project();
    await project.create('q');
    await publishEachMinute(session(), project, 60);
    await session().restart(3 * HOUR_MS);
    await project.expire();
    const { minutes, quarters } = await history(session(), project);
    expect(minutes).toHaveLength(1);
    expect(sum(minutes) + sum(quarters)).toBe(60);
    session().clock.advance(30 * HOUR_MS);
    await project.expire();
    const nowMs = session().clock.nowMs();
    const rows = await history(session(), project);
    expect(rows.quarters).toHaveLength(1);
    expect(fillDay(rows, nowMs).map(({ depth }) => depth)).toEqual(Array(96).fill(60));
    expect(fillHour(rows, nowMs).map(({ depth }) => depth)).toEqual(Array(60).fill(60));
  });

  it('is deleted with the queue', async () => {
    const project = session().project();
    await session().restart();
    const before = await countRows(session().fixture.url);
    await project.create('q');
    await publishEachMinute(session(), project, 20);
    await session().restart(3 * HOUR_MS);
    await publishEachMinute(session(), project, 1);
    await session().restart();
    await project.run(project.deleteQueue('q'));
    const { queue_history, queue_quarters } = await countRows(session().fixture.url);
    expect(queue_quarters).toBe(before.queue_quarters);
    expect(queue_history).toBe(before.queue_history);
  });

  it('has the recent minutes of several queues in one read', async () => {
    const project = session().project();
    for (const queue of ['q', 'other', 'idle']) await project.create(queue);
    const sinceMinute = Math.floor(session().clock.nowMs() / MINUTE_MS);
    await publishEachMinute(session(), project, 2);
    await project.send('other', '1', '2', '3');
    await session().restart();
    const queues = ['idle', 'other', 'q', 'unknown'];
    const read = { kind: 'recentMinutes', project: project.name, queues, sinceMinute } as const;
    const rows = await session().store.read(read);
    const published = rows.map(({ queue, minute, published }) => [queue, minute, published]);
    expect(published.sort()).toEqual([
      ['other', sinceMinute + 2, 3],
      ['q', sinceMinute, 1],
      ['q', sinceMinute + 1, 1],
    ]);
  });

  it('is reported to the node that made it, with what only metrics show', async () => {
    const project = session().project();
    const told: QueueTally[] = [];
    const { store, clock } = session();
    store.listen({
      ready: () => {},
      nextDue: () => {},
      failed: () => {},
      tallied: (tallies) => told.push(...tallies),
    });
    await project.create('q', { maxRetries: 0, messageRetentionDays: 1 });
    await project.send('q', '1', '2');
    await project.receive('q', 1, 1_000);
    clock.advance(2_000);
    await project.group({ kind: 'settleDue', limit: 10 });
    await project.run(project.redrive('q'));
    clock.advance(2 * 24 * HOUR_MS);
    await project.expire();
    clock.advance(2_000);
    await project.group();
    const total = (): Record<string, number> => {
      const sum: Record<string, number> = {};
      for (const { project: name, queue, counts } of told) {
        if (name !== project.name || queue !== 'q') continue;
        for (const [kind, count] of Object.entries(counts)) sum[kind] = (sum[kind] ?? 0) + count;
      }
      return sum;
    };
    // A commit group that the store began by itself may have taken them along, and end later.
    await expect.poll(total).toEqual({
      published: 2,
      delivered: 1,
      acked: 0,
      failed: 1,
      deadLettered: 1,
      expiredLeases: 1,
      redriven: 1,
      expiredByRetention: 2,
    });
  });
});
