import { expect, it } from 'vitest';
import { FifoQueue } from './fifo-queue.js';
import { onEachStoreAndModel } from './store-session.js';

const DAY_MS = 86_400_000;

onEachStoreAndModel('withdrawn leases of FIFO queues', (session) => {
  it.each(['nacked', 'delayed', 'given back', 'run out'])(
    'are those of later messages when an earlier one is %s',
    async (how) => {
      const q = await FifoQueue.create(session());
      await q.send('a1', 'a2', 'a3', 'a4', 'b1');
      const held = await q.lease(10, 60_000);
      const a2 = held.get('a2');
      if (how === 'nacked') await q.nack(a2);
      if (how === 'delayed') await q.nack(a2, { delayMs: 1_000 });
      if (how === 'given back') await q.giveBack(a2);
      if (how === 'run out') {
        await q.prolong(a2, 1_000);
        session().clock.advance(1_000);
        await q.project.group({ kind: 'settleDue', limit: 100 });
      }
      // Those before it and other groups are as they were.
      expect((await q.peek('leased')).sort()).toEqual(['a1', 'b1']);
      expect(await q.isLost(held.get('a1'))).toBe(false);
      for (const later of held.pick('a3', 'a4')) {
        expect(await q.isLost(later)).toBe(true);
        expect(await q.project.refused(q.project.ack('q', later))).toBe('LEASE_LOST');
        expect(await q.project.refused(q.project.nack('q', later))).toBe('LEASE_LOST');
        // Without a receipt, nothing is there to settle.
        expect(await q.project.acked('q', { ...later, receipt: null })).toBe(false);
        expect(await q.failures(later)).toEqual([]);
      }
    },
  );

  it('are counted as available again', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'a3');
    const held = await q.lease();
    expect(await q.project.tally('q')).toEqual({ inFlight: 3 });
    await q.nack(held.get('a1'), { delayMs: 1_000 });
    expect(await q.project.tally('q')).toEqual({ available: 2, delayed: 1 });
    session().clock.advance(1_000);
    expect(await q.project.tally('q')).toEqual({ available: 3 });
  });

  it('do no harm however often: no retry is used up', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 1 });
    await q.send('a1', 'a2');
    for (let round = 0; round < 5; round += 1) {
      const held = await q.lease();
      expect(held.names).toEqual(['a1', 'a2']);
      expect(held.get('a2').deliveryCount).toBe(round + 1);
      await q.giveBack(held.get('a1'));
    }
    const held = await q.lease();
    await q.ack(held.get('a1'));
    expect(await q.nack(held.get('a2'))).toBe(true);
    expect(await q.nack((await q.lease()).get('a2'))).toBe(false);
  });

  it('do not come of an ack', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'a3');
    const held = await q.lease();
    await q.ack(held.get('a1'));
    expect(await q.next()).toEqual([]);
    await q.ack(held.get('a3'), held.get('a2'));
    expect(await q.project.tally('q')).toEqual({});
  });

  it('do not come of a dead letter', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 0 });
    await q.send('a1', 'a2', 'a3');
    const held = await q.lease();
    await q.nack(held.get('a1'));
    await q.nack(held.get('a2'), { requeue: false });
    expect(await q.project.tally('q')).toEqual({ inFlight: 1, dlq: 2 });
    await q.ack(held.get('a3'));
  });

  it('leave those before the one that went back to their holder', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'a3');
    const held = await q.lease();
    await q.nack(held.get('a2'));
    expect(await q.next()).toEqual([]);
    await q.ack(held.get('a1'));
    expect(await q.next()).toEqual(['a2', 'a3']);
  });

  it('are not found by the receipt that was theirs once they are leased anew', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2');
    const first = await q.lease();
    await q.nack(first.get('a1'));
    const second = await q.lease();
    expect(second.names).toEqual(['a1', 'a2']);
    expect(await q.isLost(first.get('a2'))).toBe(true);
    expect(await q.isLost(second.get('a2'))).toBe(false);
  });

  it('remove what is past its retention, as a nack does', async () => {
    const q = await FifoQueue.create(session(), { messageRetentionDays: 1 });
    await q.send('a1', 'a2');
    session().clock.advance(DAY_MS - 1_000);
    await q.send('a3');
    const held = await q.lease(10, 60_000);
    session().clock.advance(1_000);
    await q.giveBack(held.get('a1'));
    expect(await q.project.tally('q')).toEqual({ available: 1 });
    expect(await q.next()).toEqual(['a3']);
  });

  it('remove it for the rest of the call that withdrew it, too', async () => {
    const q = await FifoQueue.create(session(), { messageRetentionDays: 1 });
    await q.send('a1', 'a2');
    session().clock.advance(DAY_MS - 1_000);
    const held = await q.lease(10, 60_000);
    session().clock.advance(1_000);
    const gone = { nacked: true, requeued: false };
    expect(await q.nackBatch(...held.pick('a1', 'a2'))).toEqual([gone, gone]);
    expect(await q.project.tally('q')).toEqual({});
  });

  it('happen within the group of commands that fails the first one', async () => {
    const q = await FifoQueue.create(session());
    const { project } = q;
    await q.send('a1', 'a2');
    const held = await q.lease();
    const [, lateAck, consumed] = await project.group(
      project.nack('q', held.get('a1')),
      project.ack('q', held.get('a2')),
      project.consume('q'),
    );
    expect(lateAck).toMatchObject({ ok: false, code: 'LEASE_LOST' });
    expect(consumed).toMatchObject({
      messages: [
        { payload: '"a1"', deliveryCount: 2 },
        { payload: '"a2"', deliveryCount: 2 },
      ],
    });
  });
});

onEachStoreAndModel('leases of FIFO queues that run out', (session) => {
  it('together: the first counts a failure, the others none', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'a3', 'b1', 'b2');
    const held = await q.lease(10, 1_000);
    session().clock.advance(1_000);
    expect(await q.project.tally('q')).toEqual({ available: 5 });
    for (const [name, how] of [
      ['a1', ['expired_lease']],
      ['a2', []],
      ['a3', []],
      ['b1', ['expired_lease']],
      ['b2', []],
    ] as const) {
      expect(await q.failures(held.get(name)), name).toEqual(how);
    }
    // Its own late ack still counts; those that were withdrawn were not its turn.
    for (const later of held.pick('a2', 'a3')) {
      expect(await q.isLost(later)).toBe(true);
      expect(await q.project.refused(q.project.ack('q', later))).toBe('LEASE_LOST');
    }
    await q.ack(held.get('a1'));
  });

  it('together, and the first is a dead letter: the others are innocent', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 0 });
    await q.send('a1', 'a2', 'a3');
    await q.lease(10, 1_000);
    session().clock.advance(1_000);
    expect(await q.project.tally('q')).toEqual({ available: 2, dlq: 1 });
    expect(await q.dead()).toEqual(['a1']);
    expect(await q.next()).toEqual(['a2', 'a3']);
  });

  it('are handled together however few are settled at once', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 0 });
    await q.send('a1', 'a2', 'a3', 'b1', 'b2');
    await q.lease(10, 1_000);
    session().clock.advance(1_000);
    for (let n = 0; n < 10; n += 1) await q.project.group({ kind: 'settleDue', limit: 1 });
    expect(await q.project.tally('q')).toEqual({ available: 3, dlq: 2 });
    expect(await q.dead()).toEqual(['a1', 'b1']);
  });

  it('are handled together when they are very many', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 0 });
    const names = Array.from({ length: 1_000 }, (_, n) => `a${n}`);
    await q.send(...names);
    expect((await q.lease(1_000, 1_000)).messages).toHaveLength(1_000);
    session().clock.advance(1_000);
    for (let n = 0; n < 12; n += 1) await q.project.group({ kind: 'settleDue', limit: 100 });
    expect(await q.project.tally('q')).toEqual({ available: 999, dlq: 1 });
    expect(await q.next(1)).toEqual(['a1']);
  });

  it('of a later message, while an earlier one is leased: no failure, and a late ack counts', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 0 });
    await q.send('a1', 'a2', 'a3');
    const held = await q.lease(10, 1_000);
    await q.prolong(held.get('a1'), 5_000);
    await q.prolong(held.get('a3'), 5_000);
    session().clock.advance(1_000);
    expect(await q.project.tally('q')).toEqual({ available: 2, inFlight: 1 });
    expect(await q.failures(held.get('a2'))).toEqual([]);
    expect(await q.isLost(held.get('a3'))).toBe(true);
    await q.ack(held.get('a2'));
    await q.ack(held.get('a1'));
    expect(await q.next()).toEqual(['a3']);
  });

  it('in another order than that of the messages: still only the first one fails', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 0 });
    await q.send('a1', 'a2', 'a3');
    const held = await q.lease(10, 1_000);
    await q.prolong(held.get('a1'), 3_000);
    await q.prolong(held.get('a2'), 2_000);
    session().clock.advance(3_000);
    expect(await q.project.tally('q')).toEqual({ available: 2, dlq: 1 });
    expect(await q.dead()).toEqual(['a1']);
    expect(await q.next()).toEqual(['a2', 'a3']);
  });

  it('in another order, and are settled late: as if each had been in its time', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 0 });
    await q.send('a1', 'a2', 'a3');
    const held = await q.lease(10, 1_000);
    await q.prolong(held.get('a1'), 3_000);
    await q.prolong(held.get('a2'), 2_000);
    session().clock.advance(3_000);
    expect(await q.project.tally('q')).toEqual({ available: 2, dlq: 1 });
    // Both ran out before the first went back, which would have withdrawn them.
    await q.ack(held.get('a3'), held.get('a2'));
  });

  it('one after the other: each that is the first by then counts', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 0 });
    await q.send('a1', 'a2');
    const held = await q.lease(10, 1_000);
    await q.prolong(held.get('a2'), 2_000);
    session().clock.advance(1_000);
    expect(await q.project.tally('q')).toEqual({ inFlight: 1, dlq: 1 });
    session().clock.advance(1_000);
    expect(await q.project.tally('q')).toEqual({ dlq: 2 });
    expect(await q.dead()).toEqual(['a1', 'a2']);
  });

  it('name the key that held the first one', async () => {
    const q = await FifoQueue.create(session());
    const [messageId] = await q.send('a1', 'a2');
    const consume = q.project.consume('q', { keyId: 'k', visibilityTimeoutMs: 1_000 });
    await q.project.run(consume);
    session().clock.advance(1_000);
    await q.project.group({ kind: 'settleDue', limit: 100 });
    expect(await q.project.look('q', messageId as string)).toMatchObject({
      failures: [{ how: 'expired_lease', keyId: 'k' }],
    });
  });
});
