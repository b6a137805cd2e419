import { expect, it } from 'vitest';
import type { QueueRow } from '#server/core/queue/queue-entry';
import type { QueueWithCounts } from '#server/core/store/store';
import { onEachStore, type Project, type StoreSession } from '../store-session.js';

interface Page {
  readonly after?: string;
  readonly prefix?: string;
  readonly limit?: number;
}

async function names(session: StoreSession, project: Project, page: Page = {}): Promise<string[]> {
  const { after = null, prefix = '', limit = 100 } = page;
  const query = { kind: 'listQueues', project: project.name, after, prefix, limit } as const;
  const rows = await session.store.read({ ...query, counts: false });
  return rows.map((row) => (row as QueueRow).name);
}

onEachStore('a list of queues', (session) => {
  it('contains the queues of one project, ordered by the bytes of their names', async () => {
    const project = session().project();
    await session().project().create('theirs');
    for (const queue of ['b', 'a', 'B', 'a.b', 'a-b', 'a_b', '10', '9']) {
      await project.create(queue);
    }
    const sorted = ['10', '9', 'B', 'a', 'a-b', 'a.b', 'a_b', 'b'];
    expect(await names(session(), project)).toEqual(sorted);
  });

  it('continues after a name, also one that does not exist', async () => {
    const project = session().project();
    for (const queue of ['a', 'b', 'd', 'e']) await project.create(queue);
    expect(await names(session(), project, { limit: 2 })).toEqual(['a', 'b']);
    expect(await names(session(), project, { after: 'b', limit: 2 })).toEqual(['d', 'e']);
    expect(await names(session(), project, { after: 'c' })).toEqual(['d', 'e']);
    expect(await names(session(), project, { after: 'e' })).toEqual([]);
  });

  it('takes a prefix literally, without wildcards', async () => {
    const project = session().project();
    for (const queue of ['a_1', 'ab1', 'a.1', 'A_1', 'a_']) await project.create(queue);
    expect(await names(session(), project, { prefix: 'a_' })).toEqual(['a_', 'a_1']);
    expect(await names(session(), project, { prefix: 'a_', after: 'a_' })).toEqual(['a_1']);
    expect(await names(session(), project, { prefix: 'a%' })).toEqual([]);
    expect(await names(session(), project, { prefix: 'a_', after: 'b' })).toEqual([]);
  });

  it('has the same counts as stats on request', async () => {
    const project = session().project();
    await project.create('empty');
    await project.create('q');
    await project.send('q', '1', '2', { delayMs: 1_000 });
    await project.receiveOne('q');
    const query = { kind: 'listQueues', project: project.name, after: null, prefix: '' } as const;
    const rows = await session().store.read({ ...query, limit: 100, counts: true });
    expect((rows as QueueWithCounts[]).map(({ queue, counts }) => [queue.name, counts])).toEqual([
      ['empty', await project.counts('empty')],
      ['q', await project.counts('q')],
    ]);
  });
});

onEachStore('the stats of a queue', (session) => {
  it('count messages in every state', async () => {
    const project = session().project();
    await project.create('q', { maxRetries: 0 });
    expect(await project.counts('q')).toMatchObject({
      available: 0,
      inFlight: 0,
      delayed: 0,
      dlq: 0,
      oldestAtMs: null,
    });
    await project.send('q', '1', '2', '3', '4', { delayMs: 1_000 });
    const [failed, acked] = await project.receive('q', 3);
    if (failed === undefined || acked === undefined) throw new Error('nothing received');
    await project.run(project.nack('q', failed));
    await project.run(project.ack('q', acked));
    expect(await project.tally('q')).toEqual({ available: 1, inFlight: 1, delayed: 1, dlq: 1 });
  });

  it('have the time since which the oldest available or leased message is available', async () => {
    const project = session().project();
    await project.create('q', { maxRetries: 0 });
    const startMs = session().clock.nowMs();
    const oldest = async () => {
      const { oldestAtMs } = await project.counts('q');
      return oldestAtMs === null ? null : oldestAtMs - startMs;
    };
    await project.send('q', { payload: '"delayed"', delayMs: 5_000 });
    expect(await oldest()).toBeNull();
    session().clock.advance(1_000);
    await project.send('q', '"second"');
    expect(await oldest()).toBe(1_000);
    session().clock.advance(1_000);
    await project.send('q', '"third"');
    const first = await project.receive('q', 1);
    // A lease does not change the age.
    expect(await oldest()).toBe(1_000);
    for (const message of first) await project.run(project.ack('q', message));
    expect(await oldest()).toBe(2_000);
    for (const message of await project.receive('q')) {
      await project.run(project.nack('q', message, { requeue: false }));
    }
    expect(await oldest()).toBeNull();
    session().clock.advance(9_000);
    // The delay ended at 5 s, whenever it is looked at.
    expect(await oldest()).toBe(5_000);
  });

  it('keep the age of a retried message, but leave it out while it is delayed', async () => {
    const project = session().project();
    await project.create('q');
    const startMs = session().clock.nowMs();
    await project.send('q', '1');
    session().clock.advance(1_000);
    const message = await project.receiveOne('q');
    await project.run(project.nack('q', message, { delayMs: 2_000 }));
    expect((await project.counts('q')).oldestAtMs).toBeNull();
    session().clock.advance(2_000);
    expect((await project.counts('q')).oldestAtMs).toBe(startMs);
  });

  it('start the age of a dead letter again in its named queue', async () => {
    const project = session().project();
    await project.create('dead');
    await project.create('q', { deadLetterQueue: 'dead' });
    await project.send('q', '1');
    session().clock.advance(1_000);
    const message = await project.receiveOne('q');
    await project.run(project.nack('q', message, { requeue: false }));
    expect((await project.counts('dead')).oldestAtMs).toBe(session().clock.nowMs());
  });

  it('are null for a queue that does not exist', async () => {
    const { name } = session().project();
    const query = { kind: 'stats', project: name, queue: 'q' } as const;
    expect(await session().store.read(query)).toBeNull();
  });
});

onEachStore('the queues of all projects', (session) => {
  it('are taken from the projects in turn, the oldest first', async () => {
    const [many, few] = [session().project(), session().project()];
    for (const queue of ['c', 'b', 'a']) await many.create(queue);
    await few.create('q');
    const { store } = session();
    const queueIds = await store.read({ kind: 'queueIds', limit: 100_000 });
    const depths = await store.read({ kind: 'queueDepths', queueIds });
    expect(depths.length).toBe(queueIds.length);
    const places = new Map(
      depths.map(({ project, queue, queueId }) => [
        `${project} ${queue}`,
        queueIds.indexOf(queueId),
      ]),
    );
    const placeOf = (project: Project, queue: string) =>
      places.get(`${project.name} ${queue}`) as number;
    const wanted = [placeOf(many, 'c'), placeOf(few, 'q'), placeOf(many, 'b'), placeOf(many, 'a')];
    expect([...wanted].sort((a, b) => a - b)).toEqual(wanted);
    const limit = placeOf(few, 'q') + 1;
    const cut = await store.read({ kind: 'queueIds', limit });
    expect(cut).toEqual(queueIds.slice(0, limit));
  });
});
