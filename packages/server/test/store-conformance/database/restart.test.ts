import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Idempotency } from '#server/core/commands/queue-command';
import { FakeClock } from '../../harness/fake-clock.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { FifoQueue } from '../fifo/fifo-queue.js';
import { StoreSession } from '../store-session.js';

const GRACE_MS = 10_000;

describe.each(STORE_FACTORIES)('a restart on $name', (factory) => {
  let session: StoreSession;
  beforeEach(async () => {
    session = await StoreSession.open(await factory.create());
  });
  afterEach(() => session.remove());

  it('loses nothing and keeps the order of messages', async () => {
    const project = session.project();
    await project.create('dead');
    await project.create('q', { deadLetterQueue: 'dead', enablePriority: true, maxRetries: 0 });
    const headers = '{"a":"b"}';
    await project.send('q', { payload: '"held"', headers }, '"failed"', '"low 1"', '"low 2"');
    await project.send('q', { payload: '"high"', priority: 9 }, { delayMs: 60_000 });
    await project.payloads('q', 1);
    const [held, failed] = await project.receive('q', 2);
    if (held === undefined || failed === undefined) throw new Error('nothing received');
    await project.run(project.nack('q', failed, { error: 'no' }));
    const read = { kind: 'getQueue', project: project.name, queue: 'q' } as const;
    const [row, counts] = [await session.store.read(read), await project.counts('q')];

    await session.restart(1_000);
    expect(await session.store.read(read)).toEqual(row);
    expect(await project.counts('q')).toEqual(counts);
    expect(await project.tally('q')).toEqual({ available: 2, inFlight: 2, delayed: 1, dlq: 1 });
    await project.send('q', '"after the restart"');
    expect(await project.payloads('q')).toEqual(['"low 1"', '"low 2"', '"after the restart"']);
    expect(await project.receiveOne('dead')).toMatchObject({
      messageId: failed.messageId,
      sourceQueue: 'q',
      lastError: 'no',
    });
    expect(await project.refused(project.ack('q', { ...held, receipt: 'other' }))).toBe(
      'LEASE_LOST',
    );
    expect(await project.acked('q', held)).toBe(true);
  });

  it('keeps the records of idempotency keys, and the API keys', async () => {
    const project = session.project();
    await project.create('q');
    const idempotency: Idempotency = {
      capability: 'queue.publish',
      key: 'k',
      fingerprint: 'f',
      windowMs: 60_000,
    };
    const command = project.publish('q', ['1'], { idempotency });
    const first = await project.run(command);
    const consumeKey = { idempotency: { ...idempotency, capability: 'queue.consume' as const } };
    const consumed = await project.run(project.consume('q', consumeKey));
    const key = {
      keyId: 'key',
      name: null,
      project: project.name,
      scopes: ['manage' as const],
      secretHash: 'hash',
      expiresAtMs: null,
    };
    await project.run({
      kind: 'createKey',
      project: project.name,
      key,
      sealedSecret: null,
      onlyIfNone: true,
      idempotency: null,
    });
    await session.restart();
    expect(await project.run(command)).toEqual({ ...first, replayed: true });
    expect(await project.run(project.consume('q', consumeKey))).toEqual({
      ...consumed,
      replayed: true,
    });
    expect(await session.store.read({ kind: 'findKeys', secretHashes: ['hash'] })).toMatchObject([
      key,
    ]);
    session.clock.advance(60_000);
    expect((await project.run(project.publish('q', ['2'], { idempotency }))).replayed).toBe(false);
  });

  it('keeps leases that ran out meanwhile for 10 s, so that their receipts still work', async () => {
    const project = session.project();
    await project.create('q', { maxRetries: 0 });
    await project.send('q', '"acked"', '"nacked"', '"extended"', '"expires"');
    const [acked, nacked, extended] = await project.receive('q', 4, 5_000);
    if (!acked || !nacked || !extended) throw new Error('nothing received');
    await session.restart(60_000);
    session.clock.advance(GRACE_MS - 1);
    // They are still leased: no other consumer gets them, and each receipt works.
    expect(await project.payloads('q')).toEqual([]);
    expect(await project.tally('q')).toEqual({ inFlight: 4 });
    expect(await project.acked('q', acked)).toBe(true);
    const { results } = await project.run(project.nack('q', nacked, { requeue: false }));
    expect(results).toMatchObject([{ nacked: true }]);
    expect((await project.run(project.extend('q', extended, 5_000))).extended).toBe(true);
    session.clock.advance(1);
    expect(await project.tally('q')).toEqual({ inFlight: 1, dlq: 2 });
    session.clock.advance(4_999);
    expect(await project.tally('q')).toEqual({ dlq: 3 });
  });

  it('reports when the leases that it keeps will be due', async () => {
    const project = session.project();
    await project.create('q');
    await project.send('q', '1');
    await project.receiveOne('q', 5_000);
    await session.restart(60_000);
    const due: (number | null)[] = [];
    session.store.listen({
      ready: () => {},
      nextDue: (atMs) => due.push(atMs),
      failed: () => {},
    });
    const startedAtMs = session.clock.nowMs();
    await project.group({ kind: 'settleDue', limit: 10 });
    expect(due).toEqual([startedAtMs + GRACE_MS]);
  });

  it('keeps the lease of a FIFO message that ran out meanwhile when a later lease of its message group ends', async () => {
    const q = await FifoQueue.create(session);
    await q.send('a1', 'a2');
    const held = await q.lease(10, 1_000);
    await q.prolong(held.get('a2'), 3_000);
    // Exactly at the start, so this lease also ran out while no server ran.
    await session.restart(1_000);
    session.clock.advance(2_000);
    const { project } = q;
    expect(await project.tally('q')).toEqual({ available: 1, inFlight: 1 });
    expect((await project.look('q', held.get('a1').messageId))?.failures).toEqual([]);
    expect(await project.acked('q', held.get('a1'))).toBe(true);
  });

  it('ends leases that run out after it on time', async () => {
    const project = session.project();
    await project.create('q');
    await project.send('q', '1');
    await project.receiveOne('q', 5_000);
    await session.restart(4_000);
    session.clock.advance(999);
    expect(await project.payloads('q')).toEqual([]);
    session.clock.advance(1);
    expect(await project.payloads('q')).toEqual(['1']);
  });

  it('makes messages available at once whose delays ended meanwhile', async () => {
    const project = session.project();
    await project.create('q');
    await project.send('q', { payload: '"delayed"', delayMs: 5_000 }, '"not delayed"');
    await session.restart(5_000);
    expect(await project.payloads('q')).toEqual(['"delayed"', '"not delayed"']);
  });

  // A store that uses the database's time cannot hold it back.
  it.skipIf(!factory.isLocal)(
    'gives the clock an earliest time, so that time never goes back',
    async () => {
      const project = session.project();
      await project.create('q');
      await project.send('q', '1');
      session.clock.advance(50_000);
      await project.send('q', '2');
      const lastMs = session.clock.nowMs();
      const floors: number[] = [];
      // The wall clock was set back by a day while the server was down.
      await session.reopen((earliestMs) => {
        floors.push(earliestMs);
        return new FakeClock(Math.max(lastMs - 86_400_000, earliestMs));
      });
      expect(floors).toHaveLength(1);
      expect(floors[0]).toBeGreaterThanOrEqual(lastMs);
      expect(floors[0]).toBeLessThanOrEqual(lastMs + 1_000);
      await project.send('q', '3');
      expect(await project.payloads('q')).toEqual(['1', '2', '3']);
    },
  );

  it.skipIf(!factory.isLocal)(
    'puts later messages behind earlier ones although the wall clock was set back',
    async () => {
      const project = session.project();
      await project.create('dead');
      await project.create('q', { deadLetterQueue: 'dead', maxRetries: 0 });
      await project.send('q', '"first"');
      session.clock.advance(900);
      await project.run(project.nack('q', await project.receiveOne('q')));
      const lastMs = session.clock.nowMs();
      await session.reopen(
        (earliestMs) => new FakeClock(Math.max(lastMs - 86_400_000, earliestMs)),
      );
      await project.send('dead', '"second"');
      expect(await project.payloads('dead')).toEqual(['"first"', '"second"']);
    },
  );

  it('ends a delay on time beside a lease that ran out meanwhile and is kept', async () => {
    const project = session.project();
    await project.create('leased');
    await project.create('delayed');
    await project.send('leased', '1');
    await project.receive('leased', 1, 1_000);
    await project.send('delayed', { delayMs: 20_000 });
    await session.restart(GRACE_MS + 5_000);
    session.clock.advance(4_999);
    expect(await project.payloads('delayed')).toEqual([]);
    session.clock.advance(1);
    expect(await project.payloads('delayed')).toHaveLength(1);
  });

  it('allows a store to be stopped twice, after which it refuses work', async () => {
    const project = session.project();
    await project.create('q');
    await Promise.all([session.store.stop(), session.store.stop()]);
    await session.store.stop();
    await expect(project.group(project.publish('q', ['1']))).rejects.toThrow();
  });
});
