import { expect, it } from 'vitest';
import { countRows, type RowCounts } from '../../harness/row-counts.js';
import { onEachStore, type Project, type StoreSession } from '../store-session.js';

const HOUR_MS = 3_600_000;
const MONTH_MS = 32 * 24 * HOUR_MS;
const ROUNDS = 100;
/** The number of revoked keys that the store remembers for each project. */
const REVOKED_KEYS_KEPT = 1_000;

const keyed = (capability: string, key: string) => ({
  idempotency: { capability, key, fingerprint: 'f', windowMs: 24 * HOUR_MS } as never,
});

/** Creates something of each kind, uses it, and deletes it. */
async function liveOnce(project: Project, round: string): Promise<void> {
  const [queue, dead, fifo] = [`q-${round}`, `d-${round}`, `f-${round}`];
  await project.run(project.createQueue(queue, {}, keyed('queue.create', round)));
  await project.create(dead);
  await project.create(fifo, { type: 'fifo' });
  await project.run(project.updateQueue(queue, { deadLetterQueue: dead }));
  const subscriptionId = `s-${project.name}-${round}`;
  await project.run({
    kind: 'subscribePush',
    autoCreate: false,
    project: project.name,
    queue,
    idempotency: null,
    subscriptionId,
    settings: { url: 'https://a.example/', urlDigest: null },
    forms: { plainUrl: 'https://a.example/', urlDigests: [], secretDigests: [] },
  });
  const attempt = { messageId: 'm', attempt: 1, status: 200, durationMs: 1, error: null };
  await project.run({
    kind: 'recordPushes',
    subscriptionId,
    attempts: [{ ...attempt, deliveryId: round, atMs: 1 }],
  });
  await project.run(
    project.publish(queue, ['1', { delayMs: 1_000 }, '3'], keyed('queue.publish', round)),
  );
  const inGroup = { groupId: 'g', groupKey: 'g' };
  await project.send(fifo, { ...inGroup, deduplicationId: round }, inGroup);
  await project.bury(queue, '"dead"');
  await project.run(project.redrive(queue, keyed('queue.dlq.redrive', round)));
  await project.bury(queue, '"dead"');
  await project.run(project.purgeDead(queue));
  await project.run(project.purgeQueue(fifo));
  await project.send(fifo, inGroup);
  const consumers = [queue, fifo].map((name) => ({
    ...{ project: project.name, queue: name, waiting: 1 },
    ...{ lastFetchAtMs: Number.MAX_SAFE_INTEGER, lastFetchKeyId: null },
  }));
  await project.run({ kind: 'recordConsumers', nodeId: round, consumers });
  const keyId = `k-${project.name}-${round}`;
  await project.run({
    kind: 'createKey',
    project: project.name,
    key: {
      ...{ keyId, name: null, project: project.name, scopes: ['manage'] },
      ...{ secretHash: keyId, expiresAtMs: null },
    },
    sealedSecret: null,
    onlyIfNone: false,
    idempotency: null,
  });
  await project.run({ kind: 'revokeKey', project: project.name, keyId, idempotency: null });
  for (const name of [queue, dead, fifo]) await project.run(project.deleteQueue(name));
}

/** Lets the windows end, and sweeps until nothing is left to sweep. */
async function settle(session: StoreSession, project: Project): Promise<RowCounts> {
  await session.restart(MONTH_MS);
  const sweep = { kind: 'sweepDiscarded', limit: 1_000 } as const;
  while ((await project.run(sweep)).more);
  await project.expire();
  for (let count = 0; count < 3; count += 1) {
    session.clock.advance(2_000);
    await project.group();
  }
  return countRows(session.fixture.url);
}

onEachStore('tables', (session) => {
  it('return to their first size when all that was created is deleted', async () => {
    const project = session().project();
    await liveOnce(project, 'first');
    const before = await settle(session(), project);
    for (let round = 0; round < ROUNDS; round += 1) await liveOnce(project, `${round}`);
    const after = await settle(session(), project);
    const { api_keys: keys = 0, project_counters: _slots, ...others } = after;
    const { api_keys: _keys, project_counters: _slotsBefore, ...othersBefore } = before;
    expect(others).toEqual(othersBefore);
    expect(keys).toBeLessThanOrEqual(REVOKED_KEYS_KEPT);
    // One row for each project and, on PostgreSQL, for each connection that counts.
    expect(after.project_counters).toBeLessThanOrEqual(8);
    expect(after.buckets ?? 0).toBe(0);
  });

  it('keep the depth of an idle queue, and no hours of history', async () => {
    const project = session().project();
    await project.create('idle');
    for (let minute = 0; minute < 10; minute += 1) {
      await project.send('idle', '1');
      session().clock.advance(60_000);
      await project.group();
    }
    await session().restart(5 * HOUR_MS);
    await project.expire();
    const query = { kind: 'history', project: project.name, queue: 'idle' } as const;
    const history = await session().store.read({ ...query, sinceMinute: 0 });
    expect(history?.minutes).toMatchObject([{ depth: 10 }]);
  });

  it('contain the history of the last moment after a clean stop', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1');
    await project.send('q', ...Array(24).fill('1'));
    const sinceMinute = minuteNow(session());
    await session().restart();
    const query = { kind: 'history', project: project.name, queue: 'q' } as const;
    const history = await session().store.read({ ...query, sinceMinute });
    expect(history?.minutes).toMatchObject([{ published: 25, depth: 25 }]);
  });
});

const minuteNow = ({ clock }: StoreSession): number => Math.floor(clock.nowMs() / 60_000);
