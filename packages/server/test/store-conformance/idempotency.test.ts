import { expect, it } from 'vitest';
import type { Idempotency } from '#server/core/queue/queue-command';
import { onEachStore } from './store-session.js';

const key = (given: Partial<Idempotency> = {}): { idempotency: Idempotency } => ({
  idempotency: {
    capability: 'queue.publish',
    key: 'k',
    fingerprint: 'f',
    windowMs: 86_400_000,
    ...given,
  },
});

onEachStore('idempotency', (session) => {
  it('replays the first answer and does nothing again', async () => {
    const project = session().project();
    await project.create('q');
    const first = await project.run(project.publish('q', ['1'], key()));
    const second = await project.run(project.publish('q', ['1'], key()));
    expect(first.replayed).toBe(false);
    expect(second).toEqual({ ...first, replayed: true });
    expect(await project.tally('q')).toEqual({ available: 1 });
  });

  it('refuses another request under the same key and does nothing', async () => {
    const project = session().project();
    await project.create('q');
    await project.run(project.publish('q', ['1'], key()));
    const other = project.publish('q', ['2'], key({ fingerprint: 'g' }));
    expect(await project.refused(other)).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(await project.payloads('q')).toEqual(['1']);
  });

  it('commits record and effect together: a retry in the same group is a replay', async () => {
    const project = session().project();
    await project.create('q');
    const outcomes = await project.group(
      project.publish('q', ['1'], key()),
      project.publish('q', ['1'], key()),
    );
    expect(outcomes).toMatchObject([{ replayed: false }, { replayed: true }]);
    expect(await project.tally('q')).toEqual({ available: 1 });
  });

  it('has neither record nor effect of a command that failed', async () => {
    const project = session().project();
    const command = project.publish('q', ['1'], key());
    expect(await project.refused(command)).toBe('QUEUE_NOT_FOUND');
    await project.create('q');
    expect((await project.run(command)).replayed).toBe(false);
  });

  it('does not record refusals of a lease', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1');
    const message = await project.receiveOne('q');
    const withKey = key({ capability: 'queue.ack' });
    const stale = project.ack('q', { ...message, receipt: 'stale' }, withKey);
    expect(await project.refused(stale)).toBe('LEASE_LOST');
    expect((await project.run(project.ack('q', message, withKey))).replayed).toBe(false);
  });

  it('records an answer of no effect, such as acked:false', async () => {
    const project = session().project();
    await project.create('q');
    const command = project.ack('q', { messageId: 'unknown', receipt: null }, key());
    const first = await project.run(command);
    expect(first.results).toMatchObject([{ acked: false }]);
    expect(await project.run(command)).toEqual({ ...first, replayed: true });
  });

  it('forgets when the window is over', async () => {
    const project = session().project();
    await project.create('q');
    const withKey = key({ windowMs: 5_000 });
    await project.run(project.publish('q', ['1'], withKey));
    session().clock.advance(4_999);
    expect((await project.run(project.publish('q', ['1'], withKey))).replayed).toBe(true);
    session().clock.advance(1);
    const other = project.publish('q', ['2'], key({ windowMs: 5_000, fingerprint: 'g' }));
    expect((await project.run(other)).replayed).toBe(false);
    // The new record has a window of its own.
    session().clock.advance(4_999);
    expect((await project.run(other)).replayed).toBe(true);
  });

  it('keeps apart queues, capabilities and projects', async () => {
    const [project, other] = [session().project(), session().project()];
    for (const queue of ['q', 'r']) await project.create(queue);
    await other.create('q');
    await project.run(project.publish('q', ['1'], key()));
    const elsewhere = [
      project.publish('r', ['1'], key()),
      project.consume('q', key({ capability: 'queue.consume' })),
      other.publish('q', ['1'], key()),
    ];
    for (const command of elsewhere) {
      expect((await project.run(command)).replayed).toBe(false);
    }
  });

  it('replays a creation, and refuses another queue under its key', async () => {
    const project = session().project();
    const withKey = key({ capability: 'queue.create' });
    const first = await project.run(project.createQueue('q', { maxRetries: 9 }, withKey));
    session().clock.advance(1_000);
    expect(await project.run(project.createQueue('q', { maxRetries: 9 }, withKey))).toEqual({
      ...first,
      replayed: true,
    });
    const other = project.createQueue('r', {}, key({ ...withKey.idempotency, fingerprint: 'g' }));
    expect(await project.refused(other)).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it('counts a nack once, however often it is sent', async () => {
    const project = session().project();
    await project.create('q', { maxRetries: 1 });
    await project.send('q', '1');
    const message = await project.receiveOne('q');
    const command = project.nack('q', message, key({ capability: 'queue.nack' }));
    const first = await project.run(command);
    await project.receiveOne('q');
    expect(await project.run(command)).toEqual({ ...first, replayed: true });
    expect(await project.tally('q')).toEqual({ inFlight: 1 });
  });

  it('replays an auto-creating publish into the queue that it made', async () => {
    const project = session().project();
    const more = { autoCreate: true, ...key() };
    const first = await project.run(project.publish('q', ['1'], more));
    expect(await project.run(project.publish('q', ['1'], more))).toEqual({
      ...first,
      replayed: true,
    });
  });
});

onEachStore('idempotency of consume', (session) => {
  const consumeKey = key({ capability: 'queue.consume' });

  it('gives the same messages under the same receipts', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1', '2', '3');
    const first = await project.run(project.consume('q', { maxMessages: 2, ...consumeKey }));
    session().clock.advance(1_000);
    const again = await project.run(project.consume('q', { maxMessages: 2, ...consumeKey }));
    expect(again).toEqual({ ...first, replayed: true });
    expect(await project.tally('q')).toEqual({ available: 1, inFlight: 2 });
  });

  it('gives only what is still held, with the lease as it is now', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1', '2', '3', '4');
    const { messages } = await project.run(project.consume('q', consumeKey));
    const [acked, nacked, extended, untouched] = messages as [
      (typeof messages)[number],
      (typeof messages)[number],
      (typeof messages)[number],
      (typeof messages)[number],
    ];
    await project.run(project.ack('q', acked));
    await project.run(project.nack('q', nacked));
    // Another consumer has it now, under another receipt.
    await project.receiveOne('q');
    const { leaseExpiresAtMs } = await project.run(project.extend('q', extended, 99_000));
    const again = await project.run(project.consume('q', consumeKey));
    expect(again.replayed).toBe(true);
    expect(again.messages).toEqual([{ ...extended, leaseExpiresAtMs }, untouched]);
  });

  it('runs anew when nothing is held any more, and records that', async () => {
    const project = session().project();
    await project.create('q', { visibilityTimeoutDefaultMs: 1_000 });
    await project.send('q', '1');
    const first = await project.run(project.consume('q', consumeKey));
    session().clock.advance(1_000);
    const second = await project.run(project.consume('q', consumeKey));
    expect(second.replayed).toBe(false);
    expect(second.messages).toHaveLength(1);
    expect(second.messages[0]?.receipt).not.toBe(first.messages[0]?.receipt);
    expect(await project.run(project.consume('q', consumeKey))).toEqual({
      ...second,
      replayed: true,
    });
  });

  it('does not record an empty answer', async () => {
    const project = session().project();
    await project.create('q');
    expect((await project.run(project.consume('q', consumeKey))).messages).toEqual([]);
    await project.send('q', '1');
    const found = await project.run(project.consume('q', consumeKey));
    expect(found).toMatchObject({ replayed: false, messages: [{ payload: '1' }] });
  });

  it('refuses another consume under the same key', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1');
    await project.run(project.consume('q', consumeKey));
    const other = key({ capability: 'queue.consume', fingerprint: 'g' });
    expect(await project.refused(project.consume('q', other))).toBe('IDEMPOTENCY_KEY_REUSED');
  });
});
