import { expect, it } from 'vitest';
import type { QueueRow } from '#server/core/queue/queue-entry';
import { onEachStore } from '../store-session.js';

const DAY_MS = 86_400_000;

onEachStore('an update', (session) => {
  it('changes the given settings, keeps the others, and sets the time of the update', async () => {
    const project = session().project();
    await project.create('dead');
    await project.create('q', { maxRetries: 7, visibilityTimeoutDefaultMs: 5_000 });
    const read = { kind: 'getQueue', project: project.name, queue: 'q' } as const;
    const before = (await session().store.read(read)) as QueueRow;
    session().clock.advance(1_000);
    const settings = { deadLetterQueue: 'dead', enablePriority: true, messageRetentionDays: 30 };
    const { queue } = await project.run(project.updateQueue('q', settings));
    const updatedAtMs = session().clock.nowMs();
    expect(queue).toEqual({ ...before, ...settings, updatedAtMs });
    expect(await session().store.read(read)).toEqual(queue);
    const detached = await project.run(project.updateQueue('q', { deadLetterQueue: null }));
    expect(detached.queue).toEqual({ ...queue, deadLetterQueue: null });
  });

  it('is refused for a queue or a dead-letter queue that does not exist', async () => {
    const project = session().project();
    const other = session().project();
    await other.create('theirs');
    await project.create('q', { maxRetries: 7 });
    expect(await project.refused(project.updateQueue('none', { maxRetries: 1 }))).toBe(
      'QUEUE_NOT_FOUND',
    );
    const settings = { maxRetries: 1, deadLetterQueue: 'theirs' };
    expect(await project.refused(project.updateQueue('q', settings))).toBe(
      'DEAD_LETTER_QUEUE_NOT_FOUND',
    );
    const read = { kind: 'getQueue', project: project.name, queue: 'q' } as const;
    expect(await session().store.read(read)).toMatchObject({ maxRetries: 7 });
  });

  it('is refused when it would close a cycle of dead-letter queues', async () => {
    const project = session().project();
    await project.create('c');
    await project.create('b', { deadLetterQueue: 'c' });
    await project.create('a', { deadLetterQueue: 'b' });
    const attach = (queue: string, deadLetterQueue: string) =>
      project.refused(project.updateQueue(queue, { deadLetterQueue }));
    expect(await attach('a', 'a')).toBe('DEAD_LETTER_CYCLE');
    expect(await attach('b', 'a')).toBe('DEAD_LETTER_CYCLE');
    expect(await attach('c', 'a')).toBe('DEAD_LETTER_CYCLE');
    await project.run(project.updateQueue('a', { deadLetterQueue: null }));
    await project.run(project.updateQueue('c', { deadLetterQueue: 'a' }));
    expect(await attach('a', 'b')).toBe('DEAD_LETTER_CYCLE');
  });

  it('never changes the type', async () => {
    const project = session().project();
    await project.create('q');
    expect(await project.refused(project.updateQueue('q', { type: 'fifo' }))).toBe(
      'INVALID_REQUEST',
    );
    await project.run(project.updateQueue('q', { type: 'standard' }));
  });

  it('of the retries applies from the next failure on', async () => {
    const project = session().project();
    await project.create('q', { maxRetries: 5 });
    await project.send('q', '1');
    for (let failure = 0; failure < 2; failure += 1) {
      await project.run(project.nack('q', await project.receiveOne('q')));
    }
    await project.run(project.updateQueue('q', { maxRetries: 1 }));
    // It has failed more often than is now allowed, and remains until it fails again.
    expect(await project.tally('q')).toEqual({ available: 1 });
    await project.run(project.nack('q', await project.receiveOne('q')));
    expect(await project.tally('q')).toEqual({ dlq: 1 });
  });

  it('of the dead-letter queue moves none of the existing dead letters', async () => {
    const project = session().project();
    await project.create('dead');
    await project.create('q');
    await project.bury('q', '"built in"');
    await project.run(project.updateQueue('q', { deadLetterQueue: 'dead' }));
    await project.bury('q', '"named"');
    await project.run(project.updateQueue('q', { deadLetterQueue: null }));
    await project.bury('q', '"built in again"');
    expect(await project.tally('q')).toEqual({ dlq: 3 });
    expect(await project.tally('dead')).toEqual({ available: 1 });
    const { payloads } = await project.deadLetters('q');
    expect(payloads).toEqual(['"built in"', '"named"', '"built in again"']);
    expect((await project.run(project.redrive('q'))).done).toBe(3);
    expect(await project.tally('dead')).toEqual({});
    expect(await project.payloads('q')).toEqual(payloads);
  });

  it('that enables priorities applies to messages published afterwards', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '"early low"', { payload: '"early high"', priority: 9 });
    await project.run(project.updateQueue('q', { enablePriority: true }));
    await project.send('q', { payload: '"late high"', priority: 9 });
    const expected = ['"late high"', '"early low"', '"early high"'];
    expect(await project.payloads('q')).toEqual(expected);
  });

  it('applies to the next leases and to the next retention sweep', async () => {
    const project = session().project();
    await project.create('q', { messageRetentionDays: 7 });
    await project.send('q', '1', '2');
    const settings = { visibilityTimeoutDefaultMs: 3_000, messageRetentionDays: 1 };
    await project.run(project.updateQueue('q', settings));
    const message = await project.receiveOne('q');
    expect(message.leaseExpiresAtMs).toBe(session().clock.nowMs() + 3_000);
    expect(await project.acked('q', message)).toBe(true);
    session().clock.advance(DAY_MS);
    await project.expire();
    expect(await project.tally('q')).toEqual({});
  });

  it('is replayed under its idempotency key', async () => {
    const project = session().project();
    await project.create('q');
    const idempotency = {
      capability: 'queue.update' as const,
      key: 'k',
      fingerprint: 'f',
      windowMs: 60_000,
    };
    const first = project.updateQueue('q', { maxRetries: 1 }, { idempotency });
    const { queue } = await project.run(first);
    await project.run(project.updateQueue('q', { maxRetries: 2 }));
    expect(await project.run(first)).toEqual({ ok: true, replayed: true, queue });
    const read = { kind: 'getQueue', project: project.name, queue: 'q' } as const;
    expect(await session().store.read(read)).toMatchObject({ maxRetries: 2 });
  });
});
