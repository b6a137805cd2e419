import { expect, it } from 'vitest';
import { onEachStoreAndModel } from '../store-session.js';
import { FifoQueue } from './fifo-queue.js';

const DAY_MS = 86_400_000;

onEachStoreAndModel('leases of FIFO queues', (session) => {
  it.each(['nacked', 'delayed', 'released', 'expired'])(
    'are withdrawn from later messages when an earlier one is %s',
    async (how) => {
      const q = await FifoQueue.create(session());
      await q.send('a1', 'a2', 'a3', 'a4', 'b1');
      const held = await q.lease(10, 60_000);
      const a2 = held.get('a2');
      if (how === 'nacked') await q.nack(a2);
      if (how === 'delayed') await q.nack(a2, { delayMs: 1_000 });
      if (how === 'released') await q.giveBack(a2);
      if (how === 'expired') {
        await q.prolong(a2, 1_000);
        session().clock.advance(1_000);
        await q.project.group({ kind: 'settleDue', limit: 100 });
      }
      // Earlier messages and other message groups keep their leases.
      expect((await q.peek('leased')).sort()).toEqual(['a1', 'b1']);
      expect(await q.isLost(held.get('a1'))).toBe(false);
      for (const later of held.pick('a3', 'a4')) {
        expect(await q.isLost(later)).toBe(true);
        expect(await q.project.refused(q.project.ack('q', later))).toBe('LEASE_LOST');
        expect(await q.project.refused(q.project.nack('q', later))).toBe('LEASE_LOST');
        // Without a receipt, there is nothing to settle.
        expect(await q.project.acked('q', { ...later, receipt: null })).toBe(false);
        expect(await q.failures(later)).toEqual([]);
      }
    },
  );

  it('leave their messages available when they are withdrawn', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'a3');
    const held = await q.lease();
    expect(await q.project.tally('q')).toEqual({ inFlight: 3 });
    await q.nack(held.get('a1'), { delayMs: 1_000 });
    expect(await q.project.tally('q')).toEqual({ available: 2, delayed: 1 });
    session().clock.advance(1_000);
    expect(await q.project.tally('q')).toEqual({ available: 3 });
  });

  it('use up no retry when they are withdrawn, however often', async () => {
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

  it('are not withdrawn by an ack', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'a3');
    const held = await q.lease();
    await q.ack(held.get('a1'));
    expect(await q.next()).toEqual([]);
    await q.ack(held.get('a3'), held.get('a2'));
    expect(await q.project.tally('q')).toEqual({});
  });

  it('are not withdrawn when an earlier message becomes a dead letter', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 0 });
    await q.send('a1', 'a2', 'a3');
    const held = await q.lease();
    await q.nack(held.get('a1'));
    await q.nack(held.get('a2'), { requeue: false });
    expect(await q.project.tally('q')).toEqual({ inFlight: 1, dlq: 2 });
    await q.ack(held.get('a3'));
  });

  it('are not withdrawn from messages before the one that is requeued', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'a3');
    const held = await q.lease();
    await q.nack(held.get('a2'));
    expect(await q.next()).toEqual([]);
    await q.ack(held.get('a1'));
    expect(await q.next()).toEqual(['a2', 'a3']);
  });

  it('cannot be settled by their old receipt once the message is leased again', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2');
    const first = await q.lease();
    await q.nack(first.get('a1'));
    const second = await q.lease();
    expect(second.names).toEqual(['a1', 'a2']);
    expect(await q.isLost(first.get('a2'))).toBe(true);
    expect(await q.isLost(second.get('a2'))).toBe(false);
  });

  it('remove messages past their retention when they are withdrawn, as a nack does', async () => {
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

  it('remove messages past their retention for the rest of the call that withdraws them', async () => {
    const q = await FifoQueue.create(session(), { messageRetentionDays: 1 });
    await q.send('a1', 'a2');
    session().clock.advance(DAY_MS - 1_000);
    const held = await q.lease(10, 60_000);
    session().clock.advance(1_000);
    const gone = { nacked: true, requeued: false };
    expect(await q.nackBatch(...held.pick('a1', 'a2'))).toEqual([gone, gone]);
    expect(await q.project.tally('q')).toEqual({});
  });

  it('are withdrawn within the commit group that fails the first message', async () => {
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

onEachStoreAndModel('leases of a FIFO queue that run out', (session) => {
  it('count one failure per message group, for its first message, when they run out together', async () => {
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
    // The first message still accepts a late ack; the others lost their leases before their turn.
    for (const later of held.pick('a2', 'a3')) {
      expect(await q.isLost(later)).toBe(true);
      expect(await q.project.refused(q.project.ack('q', later))).toBe('LEASE_LOST');
    }
    await q.ack(held.get('a1'));
  });

  it('count no failure for the later messages when the first becomes a dead letter', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 0 });
    await q.send('a1', 'a2', 'a3');
    await q.lease(10, 1_000);
    session().clock.advance(1_000);
    expect(await q.project.tally('q')).toEqual({ available: 2, dlq: 1 });
    expect(await q.dead()).toEqual(['a1']);
    expect(await q.next()).toEqual(['a2', 'a3']);
  });

  it('accept late acks when they run out with a first one that becomes a dead letter', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 0 });
    await q.send('a1', 'a2', 'a3', 'a4');
    const held = await q.lease(10, 1_000);
    await q.prolong(held.get('a3'), 5_000);
    session().clock.advance(1_000);
    expect(await q.project.tally('q')).toEqual({ available: 3, dlq: 1 });
    // The message behind a2 was withdrawn with its return; the others ran out by themselves.
    expect(await q.isLost(held.get('a3'))).toBe(true);
    expect(await q.project.refused(q.project.ack('q', held.get('a3')))).toBe('LEASE_LOST');
    await q.ack(held.get('a4'), held.get('a2'));
    expect(await q.next()).toEqual(['a3']);
  });

  it('each accept a late ack when they run out together behind a message still leased', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 0 });
    await q.send('a1', 'a2', 'a3', 'a4');
    const held = await q.lease(10, 1_000);
    await q.prolong(held.get('a1'), 5_000);
    session().clock.advance(1_000);
    expect(await q.project.tally('q')).toEqual({ available: 3, inFlight: 1 });
    await q.ack(...held.pick('a3', 'a2', 'a4', 'a1'));
    expect(await q.project.tally('q')).toEqual({});
  });

  it('are handled together even if only one is settled at a time', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 0 });
    await q.send('a1', 'a2', 'a3', 'b1', 'b2');
    await q.lease(10, 1_000);
    session().clock.advance(1_000);
    for (let n = 0; n < 10; n += 1) await q.project.group({ kind: 'settleDue', limit: 1 });
    expect(await q.project.tally('q')).toEqual({ available: 3, dlq: 2 });
    expect(await q.dead()).toEqual(['a1', 'b1']);
  });

  it('are handled together also when they are very many', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 0 });
    const names = Array.from({ length: 1_000 }, (_, n) => `a${n}`);
    await q.send(...names);
    expect((await q.lease(1_000, 1_000)).messages).toHaveLength(1_000);
    session().clock.advance(1_000);
    for (let n = 0; n < 12; n += 1) await q.project.group({ kind: 'settleDue', limit: 100 });
    expect(await q.project.tally('q')).toEqual({ available: 999, dlq: 1 });
    expect(await q.next(1)).toEqual(['a1']);
  });

  it('count no failure, and accept a late ack, behind a message that is still leased', async () => {
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

  it('fail only the first message when they run out in another order', async () => {
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

  it('are settled as if each had been settled in time, when several are settled late', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 0 });
    await q.send('a1', 'a2', 'a3');
    const held = await q.lease(10, 1_000);
    await q.prolong(held.get('a1'), 3_000);
    await q.prolong(held.get('a2'), 2_000);
    session().clock.advance(3_000);
    expect(await q.project.tally('q')).toEqual({ available: 2, dlq: 1 });
    // Both ran out before the first one was requeued, which would have withdrawn them.
    await q.ack(held.get('a3'), held.get('a2'));
  });

  it('count a failure for each message that is the first when its lease runs out', async () => {
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

  it('are recorded with the key that held the first one', async () => {
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
