import { expect, it } from 'vitest';
import type { Command, NewMessage } from '#server/core/commands/commands';
import { onEachStore, type Project } from '../store-session.js';
import { FifoQueue, named } from './fifo-queue.js';

onEachStore('a FIFO queue', (session) => {
  const pathOf = async (project: Project, command: Command): Promise<string> => {
    const outcome = await project.submit(command);
    if (outcome.ok) throw new Error('it was accepted');
    expect(outcome.code).toBe('INVALID_REQUEST');
    expect(outcome.details).toEqual([
      { path: expect.stringMatching(/^\//), message: expect.stringMatching(/\S/) },
    ]);
    return outcome.details?.[0]?.path ?? '';
  };

  it.each<[Partial<NewMessage>, string]>([
    [{ priority: 1 }, '/priority'],
    [{ delayMs: 1 }, '/delay_seconds'],
    [{ priority: 9, delayMs: 1_000 }, '/priority'],
  ])('refuses a publish of %o', async (fields, path) => {
    const { project } = await FifoQueue.create(session());
    expect(await pathOf(project, project.publish('q', [fields]))).toBe(path);
    const batch = project.publish('q', [fields], { batch: true });
    expect(await pathOf(project, batch)).toBe(`/messages/0${path}`);
    expect(await project.tally('q')).toEqual({});
  });

  it('refuses a whole batch for one message, and names the first bad one', async () => {
    const { project } = await FifoQueue.create(session());
    const batch = project.publish('q', ['1', { delayMs: 5 }, { priority: 5 }, '2']);
    expect(await pathOf(project, batch)).toBe('/messages/1/delay_seconds');
    expect(await project.tally('q')).toEqual({});
  });

  it('keeps neither an idempotency key nor a deduplication id of a refused publish', async () => {
    const q = await FifoQueue.create(session());
    const { project } = q;
    const idempotency = {
      ...{ capability: 'queue.publish' as const, key: 'k', fingerprint: 'f' },
      windowMs: 60_000,
    };
    const bad = { ...named('a1'), priority: 1 };
    await pathOf(project, project.publish('q', [bad], { idempotency }));
    const batch = [{ ...named('a1'), deduplicationId: 'd' }, bad];
    await pathOf(project, project.publish('q', batch));
    const good = project.publish('q', [named('a1')], {
      idempotency: { ...idempotency, fingerprint: 'another' },
    });
    expect(await project.run(good)).toMatchObject({ replayed: false });
    await project.send('q', { ...named('a2'), deduplicationId: 'd' });
    expect(await q.next()).toEqual(['a1', 'a2']);
  });

  it('checks the fields of a publish only after replays and the existence of the queue', async () => {
    const { project } = await FifoQueue.create(session());
    const idempotency = {
      ...{ capability: 'queue.publish' as const, key: 'k', fingerprint: 'f' },
      windowMs: 60_000,
    };
    const first = await project.run(project.publish('q', [named('a1')], { idempotency }));
    const again = project.publish('q', [{ ...named('a1'), priority: 1 }], { idempotency });
    expect(await project.run(again)).toEqual({ ...first, replayed: true });
    const reused = { ...idempotency, fingerprint: 'another' };
    const other = project.publish('q', [{ priority: 1 }], { idempotency: reused });
    expect(await project.refused(other)).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(await project.refused(project.publish('none', [{ priority: 1 }]))).toBe(
      'QUEUE_NOT_FOUND',
    );
  });

  it('refuses bad fields also in a message that deduplication would suppress', async () => {
    const { project } = await FifoQueue.create(session());
    await project.send('q', { deduplicationId: 'd' });
    const again = project.publish('q', [{ deduplicationId: 'd', delayMs: 1 }]);
    expect(await pathOf(project, again)).toBe('/delay_seconds');
  });

  it('refuses priorities when it is created', async () => {
    const project = session().project();
    const settings = { type: 'fifo', enablePriority: true } as const;
    const command = project.createQueue('q', settings);
    expect(await pathOf(project, command)).toBe('/enable_priority');
    const missing = project.createQueue('q', { ...settings, deadLetterQueue: 'missing' });
    expect(await pathOf(project, missing)).toBe('/enable_priority');
    await project.create('q', { type: 'fifo', enablePriority: false });
    // The settings of an existing queue are compared first.
    expect(await project.refused(command)).toBe('QUEUE_EXISTS');
  });

  it('refuses an update that sets priorities, with all other changes in it', async () => {
    const { project } = await FifoQueue.create(session());
    const command = project.updateQueue('q', { enablePriority: true, maxRetries: 9 });
    expect(await pathOf(project, command)).toBe('/enable_priority');
    const { queue } = await project.run(project.updateQueue('q', { enablePriority: false }));
    expect(queue).toMatchObject({ type: 'fifo', enablePriority: false, maxRetries: 3 });
  });

  it('refuses a change of its type, in either direction', async () => {
    const { project } = await FifoQueue.create(session());
    await project.create('plain');
    expect(await pathOf(project, project.updateQueue('q', { type: 'standard' }))).toBe('/type');
    expect(await pathOf(project, project.updateQueue('plain', { type: 'fifo' }))).toBe('/type');
    expect(await project.refused(project.createQueue('q', { type: 'standard' }))).toBe(
      'QUEUE_EXISTS',
    );
    await project.run(project.createQueue('q', { type: 'fifo' }));
    await project.run(project.createQueue('q'));
  });

  it('accepts all other settings that standard queues have', async () => {
    const project = session().project();
    await project.create('dead');
    const settings = {
      ...{ type: 'fifo' as const, maxRetries: 7, deadLetterQueue: 'dead' },
      ...{ visibilityTimeoutDefaultMs: 5_000, messageRetentionDays: 2 },
    };
    const { queue } = await project.run(project.createQueue('q', settings));
    expect(queue).toMatchObject({ ...settings, enablePriority: false });
    // It may be a dead-letter queue for queues of either type.
    await project.run(project.updateQueue('q', { deadLetterQueue: null }));
    await project.run(project.updateQueue('dead', { deadLetterQueue: 'q' }));
  });
});
