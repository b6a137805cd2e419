import { expect, it } from 'vitest';
import { onEachStoreAndModel } from '../store-session.js';
import { FifoQueue, named, nameOf } from './fifo-queue.js';

onEachStoreAndModel('dead letters of FIFO queues', (session) => {
  const withDeadLetterQueue = async () => {
    const project = session().project();
    const dead = await FifoQueue.create(session(), {}, { project, name: 'dead' });
    const settings = { deadLetterQueue: 'dead', maxRetries: 0 };
    return { project, dead, q: await FifoQueue.create(session(), settings, { project }) };
  };

  it('free their message group, and the next message has its own failures counted', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 1 });
    await q.send('a1', 'a2');
    for (const name of ['a1', 'a2']) {
      expect(await q.nack((await q.lease(1)).get(name))).toBe(true);
      expect(await q.nack((await q.lease(1)).get(name))).toBe(false);
    }
    expect(await q.dead()).toEqual(['a1', 'a2']);
  });

  it('keep their message group in the built-in queue, where they block nothing', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', '-1');
    const held = await q.lease();
    await q.nackBatch(...held.messages.map((message) => ({ ...message, requeue: false })));
    expect((await q.project.deadLetters('q')).items.map(({ groupId }) => groupId)).toEqual([
      'a',
      'a',
      null,
    ]);
    await q.send('a3', '-2');
    expect(await q.next()).toEqual(['a3', '-2']);
  });

  it('go to the tail of their message group in a FIFO dead-letter queue', async () => {
    const { q, dead } = await withDeadLetterQueue();
    await dead.send('a0', 'b0');
    await q.send('b1', 'a1', 'a2', '-1');
    for (let n = 0; n < 4; n += 1) await q.nack((await q.lease(1)).messages[0] as never);
    await dead.send('a3');
    expect(await dead.next()).toEqual(['a0', 'a1', 'a2', 'a3', 'b0', 'b1', '-1']);
  });

  it('wait in a FIFO dead-letter queue while their message group is blocked there', async () => {
    const { q, dead } = await withDeadLetterQueue();
    await q.send('a1', 'a2');
    await q.nack((await q.lease(1)).get('a1'));
    const held = await dead.lease(1);
    await q.nack((await q.lease(1)).get('a2'));
    expect(await dead.next()).toEqual([]);
    await dead.ack(held.get('a1'));
    expect(await dead.next()).toEqual(['a2']);
  });

  it('arrive in the order of their deaths, not of their publishing', async () => {
    const { q, dead } = await withDeadLetterQueue();
    await q.send('a1', 'a2');
    const held = await q.lease();
    await q.nack(held.get('a2'), { requeue: false });
    await q.nack(held.get('a1'));
    expect(await dead.next()).toEqual(['a2', 'a1']);
  });

  it('from a standard queue are delivered in order by message group in a FIFO dead-letter queue', async () => {
    const project = session().project();
    const dead = await FifoQueue.create(session(), {}, { project, name: 'dead' });
    await project.create('plain', { deadLetterQueue: 'dead', enablePriority: true });
    await project.send('plain', { ...named('a1'), priority: 1 }, { ...named('a2'), priority: 9 });
    const both = await project.receive('plain');
    await project.run(project.nack('plain', [...both], { requeue: false }));
    expect(await dead.next(1)).toEqual(['a2']);
    expect(await dead.next()).toEqual([]);
  });

  it('from a FIFO queue do not block each other in a standard dead-letter queue', async () => {
    const project = session().project();
    await project.create('dead');
    const q = await FifoQueue.create(session(), { deadLetterQueue: 'dead' }, { project });
    await q.send('a1', 'a2');
    const held = await q.lease();
    await q.nackBatch(...held.messages.map((message) => ({ ...message, requeue: false })));
    expect(await project.payloads('dead', 1)).toEqual(['"a1"']);
    expect(await project.payloads('dead', 1)).toEqual(['"a2"']);
  });

  it('are delivered in the commit group that fails them', async () => {
    const { project, q } = await withDeadLetterQueue();
    await q.send('a1', 'a2');
    const held = await q.lease();
    const [, first, second] = await project.group(
      project.nack('q', held.get('a1')),
      project.consume('dead'),
      project.consume('q'),
    );
    expect(first).toMatchObject({ messages: [{ payload: '"a1"' }] });
    // The later message keeps its lease, so this queue has nothing to deliver.
    expect(second).toMatchObject({ messages: [] });
  });
});

onEachStoreAndModel('a redrive to a FIFO queue', (session) => {
  it('puts dead letters at the tail of their message groups, in the order of their deaths', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'b1', 'a2');
    const held = await q.lease();
    await q.nackBatch(...held.messages.map((message) => ({ ...message, requeue: false })));
    await q.send('a3');
    await q.redrive();
    await q.send('a4');
    const names = await q.next();
    expect(names.filter((name) => name.startsWith('a'))).toEqual(['a3', 'a1', 'a2', 'a4']);
    expect(names).toHaveLength(5);
  });

  it('does not deliver while a message of the same message group is leased', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2');
    await q.nack((await q.lease(1)).get('a1'), { requeue: false });
    const held = await q.lease(1);
    await q.redrive();
    expect(await q.next()).toEqual([]);
    expect(await q.project.tally('q')).toEqual({ available: 1, inFlight: 1 });
    await q.ack(held.get('a2'));
    expect(await q.next()).toEqual(['a1']);
  });

  it('gives dead letters fresh retries', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 1 });
    await q.send('a1');
    for (let n = 0; n < 2; n += 1) await q.nack((await q.lease(1)).get('a1'));
    await q.redrive();
    expect(await q.nack((await q.lease(1)).get('a1'))).toBe(true);
    expect(await q.nack((await q.lease(1)).get('a1'))).toBe(false);
  });

  it('ignores deduplication, and opens no window', async () => {
    const q = await FifoQueue.create(session());
    const [first] = await q.project.send('q', { ...named('a1'), deduplicationId: 'd' });
    await q.nack((await q.lease(1)).get('a1'), { requeue: false });
    session().clock.advance(200_000);
    await q.redrive();
    expect(await q.project.tally('q')).toEqual({ available: 1 });
    session().clock.advance(100_000);
    const [second] = await q.project.send('q', { ...named('a2'), deduplicationId: 'd' });
    expect(second).not.toBe(first);
    expect(await q.next()).toEqual(['a1', 'a2']);
  });

  it('takes a delayed message out of a FIFO dead-letter queue, and frees its message group there', async () => {
    const project = session().project();
    const dead = await FifoQueue.create(session(), {}, { project, name: 'dead' });
    const settings = { deadLetterQueue: 'dead', maxRetries: 0 };
    const q = await FifoQueue.create(session(), settings, { project });
    await q.send('a1', 'a2');
    for (let n = 0; n < 2; n += 1) await q.nack((await q.lease(1)).messages[0] as never);
    await dead.nack((await dead.lease(1)).get('a1'), { delayMs: 60_000 });
    expect(await dead.next()).toEqual([]);
    const { done } = await project.run(project.redrive('q', { maxMessages: 1 }));
    expect(done).toBe(1);
    expect(await q.next()).toEqual(['a1']);
    expect(await dead.next()).toEqual(['a2']);
  });

  it('leaves messages that are leased in the dead-letter queue to their consumers', async () => {
    const project = session().project();
    const dead = await FifoQueue.create(session(), {}, { project, name: 'dead' });
    const settings = { deadLetterQueue: 'dead', maxRetries: 0 };
    const q = await FifoQueue.create(session(), settings, { project });
    await q.send('a1', 'a2');
    for (let n = 0; n < 2; n += 1) await q.nack((await q.lease(1)).messages[0] as never);
    const held = await dead.lease(1);
    await q.redrive();
    expect(await q.next()).toEqual(['a2']);
    await dead.ack(held.get('a1'));
  });

  it('of very many dead letters keeps their order within a message group', async () => {
    const q = await FifoQueue.create(session());
    const names = Array.from({ length: 900 }, (_, n) => `a${n}`);
    await q.send(...names);
    const held = await q.lease(1_000);
    await q.nackBatch(...held.messages.map((message) => ({ ...message, requeue: false })));
    expect((await q.lease()).names).toEqual([]);
    await q.redrive();
    expect((await q.lease(1_000)).messages.map(nameOf)).toEqual(names);
  }, 60_000);
});

onEachStoreAndModel('a purge or deletion in a FIFO queue', (session) => {
  it('frees all message groups when it is a purge', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'b1', 'c1');
    const held = await q.lease(1);
    await q.nack((await q.lease(1)).get('b1'), { delayMs: 60_000 });
    const { purged } = await q.project.run(q.project.purgeQueue('q'));
    expect(purged).toBe(4);
    await q.send('a3', 'b2');
    expect(await q.next()).toEqual(['a3', 'b2']);
    expect(await q.project.acked('q', held.get('a1'))).toBe(false);
    // The lease of a purged message ends without a failure.
    session().clock.advance(30_000);
    expect(await q.project.tally('q')).toEqual({ available: 2 });
  });

  it('leaves message groups as they are when it purges dead letters', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'a3');
    await q.nack((await q.lease(1)).get('a1'), { requeue: false });
    await q.lease(1);
    const { jobId } = await q.project.run(q.project.purgeDead('q'));
    await q.project.finish(jobId as string);
    expect(await q.project.tally('q')).toEqual({ available: 1, inFlight: 1 });
    expect(await q.next()).toEqual([]);
  });

  it('leaves nothing blocked in a queue created again under the same name', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2');
    await q.lease(1);
    await q.project.run(q.project.deleteQueue('q'));
    const again = await FifoQueue.create(session(), {}, { project: q.project });
    await again.send('a3', 'a4');
    expect(await again.next()).toEqual(['a3', 'a4']);
    session().clock.advance(30_000);
    expect(await again.next()).toEqual(['a3', 'a4']);
  });

  it('lets a queue of the other type be created under the same name', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', named('a1'));
    await project.run(project.deleteQueue('q'));
    const q = await FifoQueue.create(session(), {}, { project });
    await q.send('a2', 'a3');
    expect(await q.next(1)).toEqual(['a2']);
    expect(await q.next()).toEqual([]);
  });
});
