import { expect, it } from 'vitest';
import { onEachStore } from '../store-session.js';

const DAY_MS = 86_400_000;
const HALF_DAY_MS = DAY_MS / 2;

onEachStore('retention', (session) => {
  it('ends the set number of days after a message first became available', async () => {
    const project = session().project();
    await project.create('q', { messageRetentionDays: 2 });
    await project.send('q', '"now"', { payload: '"late"', delayMs: HALF_DAY_MS });
    session().clock.advance(2 * DAY_MS - 1);
    await project.expire();
    expect(await project.tally('q')).toEqual({ available: 2 });
    session().clock.advance(1);
    await project.expire();
    // A delay does not shorten the retention.
    expect((await project.peek('q')).payloads).toEqual(['"late"']);
    session().clock.advance(HALF_DAY_MS);
    await project.expire();
    expect(await project.tally('q')).toEqual({});
    expect((await project.counts('q')).oldestAtMs).toBeNull();
  });

  it('is not prolonged by retries', async () => {
    const project = session().project();
    await project.create('q', { messageRetentionDays: 1 });
    const [messageId] = await project.send('q', '1');
    session().clock.advance(DAY_MS - 1);
    await project.run(project.nack('q', await project.receiveOne('q')));
    session().clock.advance(1);
    await project.expire();
    expect(await project.look('q', messageId as string)).toBeNull();
  });

  it('removes a message that is delayed after a nack', async () => {
    const project = session().project();
    await project.create('q', { messageRetentionDays: 1 });
    await project.send('q', '1');
    session().clock.advance(DAY_MS - 1_000);
    await project.run(project.nack('q', await project.receiveOne('q'), { delayMs: DAY_MS }));
    session().clock.advance(1_000);
    await project.expire();
    expect(await project.tally('q')).toEqual({});
  });

  it('removes a message whose delay ends past it', async () => {
    const project = session().project();
    await project.create('q', { messageRetentionDays: 1 });
    await project.send('q', '1');
    session().clock.advance(DAY_MS - 1_000);
    await project.run(project.nack('q', await project.receiveOne('q'), { delayMs: 5_000 }));
    session().clock.advance(5_000);
    await project.group({ kind: 'settleDue', limit: 10 });
    expect(await project.tally('q')).toEqual({});
    expect(await project.payloads('q')).toEqual([]);
  });

  it('is reported in the answer to a nack batch for a message group that is past it', async () => {
    const project = session().project();
    await project.create('q', { type: 'fifo', messageRetentionDays: 1 });
    await project.send('q', '1', '2');
    session().clock.advance(DAY_MS - 1_000);
    const leased = await project.receive('q', 2, 10_000);
    session().clock.advance(2_000);
    const { results } = await project.run(project.nack('q', [...leased]));
    expect(results).toMatchObject([
      { nacked: true, requeued: false },
      { nacked: true, requeued: false },
    ]);
    expect(await project.tally('q')).toEqual({});
  });

  it('spares a leased message until its lease ends', async () => {
    const project = session().project();
    await project.create('q', { messageRetentionDays: 1 });
    await project.send('q', '"acked"', '"nacked"', '"returned"', '"expires"');
    session().clock.advance(DAY_MS - 1_000);
    const [acked, nacked, returned] = await project.receive('q', 4, 10_000);
    if (!acked || !nacked || !returned) throw new Error('nothing received');
    session().clock.advance(2_000);
    await project.expire();
    expect(await project.tally('q')).toEqual({ inFlight: 4 });
    expect(await project.acked('q', acked)).toBe(true);
    const { results } = await project.run(project.nack('q', nacked, { delayMs: 1_000 }));
    expect(results).toMatchObject([{ nacked: true, requeued: false }]);
    await project.run(project.extend('q', returned, 0));
    expect(await project.tally('q')).toEqual({ inFlight: 1 });
    session().clock.advance(10_000);
    expect(await project.tally('q')).toEqual({});
  });

  it('does not prevent the last failure of a leased message from making a dead letter', async () => {
    const project = session().project();
    await project.create('q', { messageRetentionDays: 1, maxRetries: 0 });
    await project.send('q', '1');
    session().clock.advance(DAY_MS - 1_000);
    const message = await project.receiveOne('q');
    session().clock.advance(2_000);
    await project.run(project.nack('q', message));
    expect(await project.tally('q')).toEqual({ dlq: 1 });
  });

  it('starts again for a dead letter, in the built-in queue and in a named one', async () => {
    const project = session().project();
    await project.create('dead', { messageRetentionDays: 2 });
    await project.create('named', { messageRetentionDays: 1, deadLetterQueue: 'dead' });
    await project.create('built-in', { messageRetentionDays: 1 });
    const queues = ['named', 'built-in'];
    for (const queue of queues) await project.send(queue, '1');
    session().clock.advance(HALF_DAY_MS);
    for (const queue of queues) {
      await project.run(project.nack(queue, await project.receiveOne(queue), { requeue: false }));
    }
    session().clock.advance(DAY_MS - 1);
    await project.expire();
    expect(await project.tally('built-in')).toEqual({ dlq: 1 });
    session().clock.advance(1);
    await project.expire();
    expect(await project.tally('built-in')).toEqual({});
    // In a named queue, that queue's retention applies.
    expect(await project.tally('named')).toEqual({ dlq: 1 });
    session().clock.advance(DAY_MS);
    await project.expire();
    expect(await project.tally('named')).toEqual({});
    expect(await project.tally('dead')).toEqual({});
  });

  it('starts again after a redrive', async () => {
    const project = session().project();
    await project.create('q', { messageRetentionDays: 1 });
    await project.bury('q', '1');
    session().clock.advance(DAY_MS - 1);
    await project.run(project.redrive('q'));
    session().clock.advance(DAY_MS - 1);
    await project.expire();
    expect(await project.tally('q')).toEqual({ available: 1 });
    session().clock.advance(1);
    await project.expire();
    expect(await project.tally('q')).toEqual({});
  });

  it('keeps messages past it from being delivered before the sweep removes them', async () => {
    const project = session().project();
    await project.create('q', { messageRetentionDays: 1 });
    await project.send('q', '1', '2', '3');
    session().clock.advance(DAY_MS);
    await project.send('q', '"fresh"');
    // Nor is the answer empty while there is a message to deliver.
    expect(await project.payloads('q', 1)).toEqual(['"fresh"']);
    expect(await project.tally('q')).toEqual({ inFlight: 1 });
  });

  it.each(['standard', 'fifo'] as const)(
    'lets a consume remove a bounded number of messages, and report that there may be more: %s',
    async (type) => {
      const project = session().project();
      await project.create('q', { messageRetentionDays: 1, type });
      await project.send('q', ...Array.from({ length: 250 }, (_, index) => `${index}`));
      session().clock.advance(DAY_MS);
      const [fresh] = await project.send('q', '"fresh"');
      for (let count = 0; count < 10; count += 1) {
        const outcome = await project.run(project.consume('q', { maxMessages: 1 }));
        if (outcome.messages.length === 0) {
          expect(outcome.cutShort).toBe(true);
          continue;
        }
        expect(outcome.messages).toMatchObject([{ messageId: fresh, payload: '"fresh"' }]);
        expect(count).toBeGreaterThan(0);
        expect(outcome.cutShort).toBeUndefined();
        expect(await project.tally('q')).toEqual({ inFlight: 1 });
        return;
      }
      throw new Error('the fresh message was never delivered');
    },
  );

  it('is swept a few messages at a time, and each step reports where and when to go on', async () => {
    const project = session().project();
    const queues = ['a', 'b'];
    for (const queue of queues) {
      await project.create(queue, { messageRetentionDays: 1 });
      await project.send(queue, '1', '2', '3');
    }
    session().clock.advance(DAY_MS);
    await project.send('b', '4');
    const { nextQueueId } = await project.run({ kind: 'expire', afterQueueId: 0, limit: 2 });
    expect(nextQueueId).not.toBeNull();
    await project.expire(2);
    expect(await project.tally('a')).toEqual({});
    expect(await project.tally('b')).toEqual({ available: 1 });
    const { ends } = await project.run({ kind: 'expire', afterQueueId: 0, limit: 500 });
    const nextAtMs = Math.min(...ends.map(({ atMs }) => atMs));
    expect(nextAtMs).toBeLessThanOrEqual(session().clock.nowMs() + DAY_MS);
  });
});
