import { expect, it } from 'vitest';
import { onEachStoreAndModel } from '../store-session.js';
import { FifoQueue } from './fifo-queue.js';

onEachStoreAndModel('a message group of a FIFO queue', (session) => {
  it('delivers nothing more while one of its messages is leased, and counts the others as available', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'a3');
    const held = await q.lease(1);
    expect(await q.next()).toEqual([]);
    expect(await q.project.tally('q')).toEqual({ available: 2, inFlight: 1 });
    await q.ack(held.get('a1'));
    expect(await q.next(1)).toEqual(['a2']);
  });

  it('does not block other message groups', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'b1', 'b2', '-1', 'c1');
    await q.lease(1);
    expect(await q.next(3)).toEqual(['b1', 'b2', '-1']);
    expect(await q.next()).toEqual(['c1']);
    await q.send('b3', 'd1', '-2', 'a3');
    expect(await q.next()).toEqual(['d1']);
  });

  it('is delivered although very many blocked messages precede it', async () => {
    const q = await FifoQueue.create(session());
    const many = Array.from({ length: 900 }, (_, n) => `a${n}`);
    await q.send(...many);
    await q.send('b1');
    expect(await q.next(1)).toEqual(['a0']);
    expect(await q.next()).toEqual(['b1']);
  });

  it('is delivered although very many blocked message groups precede it', async () => {
    const q = await FifoQueue.create(session());
    const groups = Array.from({ length: 700 }, (_, n) => ({ groupId: `g${n}`, payload: '1' }));
    await q.project.send('q', ...groups, ...groups);
    expect(await q.lease(699)).toMatchObject({ messages: expect.any(Array) });
    // One call takes both messages of a message group, so about half of the groups are leased by now.
    const rest = await q.lease(1_000);
    expect(rest.messages.length).toBe(700 * 2 - 699 - 1);
    expect(await q.next()).toEqual([]);
  });

  it('waits for the delay of a nack with all its later messages', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'b1');
    const held = await q.lease(1);
    await q.nack(held.get('a1'), { delayMs: 5_000 });
    expect(await q.next()).toEqual(['b1']);
    session().clock.advance(4_999);
    expect(await q.next()).toEqual([]);
    expect(await q.project.tally('q')).toEqual({ available: 1, inFlight: 1, delayed: 1 });
    session().clock.advance(1);
    expect(await q.next()).toEqual(['a1', 'a2']);
  });

  it('waits for a later message that is delayed, also when its first is not', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'a3');
    const held = await q.lease();
    await q.nack(held.get('a2'), { delayMs: 5_000 });
    await q.nack(held.get('a1'));
    expect(await q.next()).toEqual([]);
    session().clock.advance(5_000);
    expect(await q.next()).toEqual(['a1', 'a2', 'a3']);
  });

  it('is free again when its lease is released', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2');
    await q.giveBack((await q.lease(1)).get('a1'));
    expect(await q.next(1)).toEqual(['a1']);
  });

  it('is free again when its lease runs out, and not before', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2');
    await q.lease(1, 1_000);
    session().clock.advance(999);
    expect(await q.next()).toEqual([]);
    session().clock.advance(1);
    expect(await q.next()).toEqual(['a1', 'a2']);
  });

  it('stays blocked while its lease is extended', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2');
    const held = await q.lease(1, 1_000);
    await q.prolong(held.get('a1'), 3_000);
    session().clock.advance(2_999);
    expect(await q.next()).toEqual([]);
    session().clock.advance(1);
    expect(await q.next(1)).toEqual(['a1']);
  });

  it('is free after its message becomes a dead letter for any reason', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 0 });
    await q.send('a1', 'a2', 'a3', 'a4');
    expect(await q.nack((await q.lease(1)).get('a1'))).toBe(false);
    expect(await q.nack((await q.lease(1)).get('a2'), { requeue: false })).toBe(false);
    expect((await q.lease(1, 1_000)).names).toEqual(['a3']);
    session().clock.advance(1_000);
    expect(await q.next()).toEqual(['a4']);
    expect(await q.dead()).toEqual(['a1', 'a2', 'a3']);
  });

  it('does not block a message group with the same id in another queue', async () => {
    const q = await FifoQueue.create(session());
    const other = await FifoQueue.create(session(), {}, { project: q.project, name: 'other' });
    await q.send('a1', 'a2');
    await other.send('a1', 'a2');
    expect(await q.next(1)).toEqual(['a1']);
    expect(await other.next()).toEqual(['a1', 'a2']);
  });

  it('is free after a late ack of a lease that ran out, while the message is available', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2');
    const held = await q.lease(1, 1_000);
    session().clock.advance(1_000);
    expect(await q.project.tally('q')).toEqual({ available: 2 });
    await q.ack(held.get('a1'));
    expect(await q.next()).toEqual(['a2']);
  });

  it('is returned by a replayed consume only as far as its messages are still leased', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'a3');
    const idempotency = {
      ...{ capability: 'queue.consume' as const, key: 'k', fingerprint: 'f', windowMs: 60_000 },
    };
    const command = q.project.consume('q', { idempotency });
    const [a1, a2] = (await q.project.run(command)).messages;
    expect((await q.project.run(command)).messages).toHaveLength(3);
    await q.nack(a2 as NonNullable<typeof a2>);
    const again = await q.project.run(command);
    expect(again).toMatchObject({ replayed: true, messages: [{ messageId: a1?.messageId }] });
    expect(again.messages).toHaveLength(1);
  });
});
