import { expect, it } from 'vitest';
import type { NodeConsumers } from '#server/core/store/queue-consumers';
import type { QueueWithCounts } from '#server/core/store/store';
import { countRows } from '../../harness/row-counts.js';
import { onEachStore, type Project, type StoreSession } from '../store-session.js';

/** What a node records of its consumers of `q`, which looked for messages just now. */
function record(
  session: StoreSession,
  project: Project,
  nodeId: string,
  more: Partial<NodeConsumers> = {},
) {
  const lastFetchAtMs = session.clock.nowMs();
  const consumers: NodeConsumers[] = [
    { project: project.name, queue: 'q', waiting: 0, lastFetchAtMs, lastFetchKeyId: null, ...more },
  ];
  return project.run({ kind: 'recordConsumers', nodeId, consumers });
}

async function consumersOf({ store }: StoreSession, project: Project, nodeId?: string) {
  const asking = nodeId === undefined ? {} : { nodeId };
  const counts = await store.read({ kind: 'stats', project: project.name, queue: 'q', ...asking });
  if (counts === null) throw new Error('there is no queue q');
  const { queueCreatedAtMs: _created, ...consumers } = counts.consumers;
  return consumers;
}

const NOBODY = { waitingElsewhere: 0, lastFetchAtMs: null, lastFetchKeyId: null };

onEachStore('the consumers of a queue', (session) => {
  it('are unknown before any was recorded', async () => {
    const project = session().project();
    await project.create('q');
    expect(await consumersOf(session(), project)).toEqual(NOBODY);
    const counts = await project.counts('q');
    expect(counts.consumers.queueCreatedAtMs).toBe(session().clock.nowMs());
  });

  it('are those of all nodes together, with the last fetch of any', async () => {
    const project = session().project();
    await project.create('q');
    await record(session(), project, 'a', { waiting: 2, lastFetchKeyId: 'key a' });
    session().clock.advance(1_000);
    const lastFetchAtMs = session().clock.nowMs();
    await record(session(), project, 'b', { waiting: 3, lastFetchKeyId: 'key b' });
    await record(session(), project, 'c', { lastFetchAtMs: lastFetchAtMs - 500 });
    const all = { waitingElsewhere: 5, lastFetchAtMs, lastFetchKeyId: 'key b' };
    expect(await consumersOf(session(), project)).toEqual(all);
    expect(await consumersOf(session(), project, 'a')).toEqual({ ...all, waitingElsewhere: 3 });
    expect(await consumersOf(session(), project, 'unknown')).toEqual(all);
  });

  it('are replaced by what the same node records later', async () => {
    const project = session().project();
    await project.create('q');
    await record(session(), project, 'a', { waiting: 2, lastFetchKeyId: 'old' });
    session().clock.advance(1_000);
    const lastFetchAtMs = session().clock.nowMs();
    await record(session(), project, 'a', { waiting: 1 });
    const now = { waitingElsewhere: 1, lastFetchAtMs, lastFetchKeyId: null };
    expect(await consumersOf(session(), project)).toEqual(now);
  });

  it('wait no longer once their node has recorded nothing for 30 seconds', async () => {
    const project = session().project();
    await project.create('q');
    const lastFetchAtMs = session().clock.nowMs();
    await record(session(), project, 'dead', { waiting: 2, lastFetchKeyId: 'k' });
    session().clock.advance(29_999);
    expect((await consumersOf(session(), project)).waitingElsewhere).toBe(2);
    session().clock.advance(1);
    const gone = { waitingElsewhere: 0, lastFetchAtMs, lastFetchKeyId: 'k' };
    expect(await consumersOf(session(), project)).toEqual(gone);
  });

  it('leave no rows of nodes that are gone', async () => {
    const project = session().project();
    await project.create('q');
    const rows = async () => (await countRows(session().fixture.url)).queue_consumers as number;
    const before = await rows();
    for (let node = 0; node < 20; node += 1) {
      await record(session(), project, `node ${node}`, { waiting: 1 });
      session().clock.advance(60_000);
    }
    expect((await rows()) - before).toBe(1);
  });

  it('are not recorded of a queue that does not exist, or that had the name before', async () => {
    const project = session().project();
    await project.create('q');
    const beforeMs = session().clock.nowMs();
    session().clock.advance(1_000);
    await project.run(project.deleteQueue('q'));
    expect((await record(session(), project, 'a', { waiting: 1 })).recorded).toBe(0);
    await project.create('q');
    const late = { waiting: 1, lastFetchAtMs: beforeMs };
    expect((await record(session(), project, 'a', late)).recorded).toBe(0);
    expect(await consumersOf(session(), project)).toEqual(NOBODY);
  });

  it('are forgotten with the queue', async () => {
    const project = session().project();
    await project.create('q');
    await record(session(), project, 'a', { waiting: 1 });
    const rows = async () => (await countRows(session().fixture.url)).queue_consumers as number;
    const before = await rows();
    await project.run(project.deleteQueue('q'));
    expect(await rows()).toBe(before - 1);
    await project.create('q');
    expect(await consumersOf(session(), project)).toEqual(NOBODY);
  });

  it('are in lists and in the depths of all queues too', async () => {
    const project = session().project();
    await project.create('q');
    await record(session(), project, 'a', { waiting: 4, lastFetchKeyId: 'k' });
    const wanted = (await project.counts('q')).consumers;
    const list = { kind: 'listQueues', project: project.name, after: null, prefix: '' } as const;
    const [listed] = await session().store.read({ ...list, limit: 10, counts: true });
    expect((listed as QueueWithCounts).counts.consumers).toEqual(wanted);
    const queueIds = await session().store.read({ kind: 'queueIds', limit: 1_000 });
    const depths = await session().store.read({ kind: 'queueDepths', queueIds });
    const depth = depths.find((row) => row.project === project.name);
    expect(depth?.counts.consumers).toEqual(wanted);
  });
});
