import { expect, it } from 'vitest';
import { onEachStore } from '../store-session.js';

onEachStore('queues', (session) => {
  it('have the defaults of the contract', async () => {
    const project = session().project();
    const nowMs = session().clock.nowMs();
    const { queue } = await project.run(project.createQueue('q'));
    expect(queue).toEqual({
      id: queue.id,
      project: project.name,
      name: 'q',
      type: 'standard',
      deadLetterQueue: null,
      maxRetries: 3,
      maxExpiredLeases: 1_000,
      messageRetentionDays: 7,
      visibilityTimeoutDefaultMs: 30_000,
      enablePriority: false,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    });
    const read = { kind: 'getQueue', project: project.name, queue: 'q' } as const;
    expect(await session().store.read(read)).toEqual(queue);
  });

  it('can be created again where the given settings are equal', async () => {
    const project = session().project();
    const settings = { maxRetries: 5, enablePriority: true, messageRetentionDays: 2 };
    const { queue } = await project.run(project.createQueue('q', settings));
    session().clock.advance(1_000);
    for (const same of [{}, { maxRetries: 5 }, settings]) {
      expect((await project.run(project.createQueue('q', same))).queue).toEqual(queue);
    }
    for (const other of [{ maxRetries: 3 }, { ...settings, visibilityTimeoutDefaultMs: 1_000 }]) {
      expect(await project.refused(project.createQueue('q', other))).toBe('QUEUE_EXISTS');
    }
  });

  it('report which settings differ when they are created again', async () => {
    const project = session().project();
    await project.create('q');
    const other = { maxRetries: 4, maxExpiredLeases: 5, enablePriority: true };
    const command = project.createQueue('q', other);
    expect(await project.submit(command)).toMatchObject({
      code: 'QUEUE_EXISTS',
      details: [
        { path: '/max_retries' },
        { path: '/max_expired_leases' },
        { path: '/enable_priority' },
      ],
    });
  });

  it('need an existing dead-letter queue of the same project, other than themselves', async () => {
    const [project, other] = [session().project(), session().project()];
    await other.create('theirs');
    const make = (deadLetterQueue: string) => project.createQueue('q', { deadLetterQueue });
    expect(await project.refused(make('theirs'))).toBe('DEAD_LETTER_QUEUE_NOT_FOUND');
    expect(await project.refused(make('q'))).toBe('DEAD_LETTER_CYCLE');
    await project.create('dead');
    expect((await project.run(make('dead'))).queue.deadLetterQueue).toBe('dead');
  });

  it('are created with the defaults by publish and consume where that is allowed', async () => {
    const project = session().project();
    expect(await project.refused(project.publish('q', ['1']))).toBe('QUEUE_NOT_FOUND');
    expect(await project.refused(project.consume('r'))).toBe('QUEUE_NOT_FOUND');
    await project.run(project.publish('q', ['1'], { autoCreate: true }));
    await project.run(project.consume('r', { autoCreate: true }));
    expect(await project.tally('q')).toEqual({ available: 1 });
    expect(await project.tally('r')).toEqual({});
    expect((await project.run(project.createQueue('q', { maxRetries: 3 }))).ok).toBe(true);
  });

  it('are visible to their own project only', async () => {
    const [project, other] = [session().project(), session().project()];
    await project.create('q', { maxRetries: 1 });
    const mine = { project: other.name, queue: 'q' };
    expect(await session().store.read({ kind: 'getQueue', ...mine })).toBeNull();
    expect(await session().store.read({ kind: 'stats', ...mine })).toBeNull();
    expect(await other.refused(other.publish('q', ['1']))).toBe('QUEUE_NOT_FOUND');
    await other.create('q', { maxRetries: 2 });
    expect(await other.tally('q')).toEqual({});
  });
});
