import { expect, it } from 'vitest';
import { pushHolder } from '#server/core/queue/push-subscription';
import type { QueueRow, QueueSettings } from '#server/core/queue/queue-entry';
import { FifoQueue } from '../fifo/fifo-queue.js';
import {
  onEachStore,
  onEachStoreAndModel,
  type Project,
  type StoreSession,
} from '../store-session.js';

const LEASE_MS = 1_000;

/** Leases a message and lets the lease run out. */
async function letExpire(session: StoreSession, project: Project, times = 1): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await project.receiveOne('q', LEASE_MS);
    session.clock.advance(LEASE_MS);
  }
}

async function nack(project: Project, times = 1): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await project.run(project.nack('q', await project.receiveOne('q')));
  }
}

/** The reasons of the dead letters that came from the queue. */
async function reasonsOf(project: Project): Promise<(string | null)[]> {
  await project.group({ kind: 'settleDue', limit: 10 });
  return (await project.deadLetters('q')).items.map(({ deadLetterReason }) => deadLetterReason);
}

async function read(session: StoreSession, project: Project): Promise<QueueRow> {
  const query = { kind: 'getQueue', project: project.name, queue: 'q' } as const;
  return (await session.store.read(query)) as QueueRow;
}

onEachStoreAndModel('leases that run out', (session) => {
  const update = async (project: Project, settings: Partial<QueueSettings>): Promise<number> => {
    const { queue } = await project.run(project.updateQueue('q', settings));
    expect(await read(session(), project)).toEqual(queue);
    return queue.maxExpiredLeases;
  };

  it('make no dead letter for long in a queue created without failure settings', async () => {
    const project = session().project();
    const { queue } = await project.run(project.createQueue('q'));
    expect(queue.maxExpiredLeases).toBe(1_000);
    await project.send('q', '1');
    await letExpire(session(), project, 6);
    expect(await project.receiveOne('q')).toMatchObject({ payload: '1', deliveryCount: 7 });
  });

  it('keep their default budget of 1,000 when only other settings are given', async () => {
    const project = session().project();
    await project.create('dead');
    const others = { visibilityTimeoutDefaultMs: 5_000, enablePriority: true, type: 'standard' };
    await project.create('q', { ...others, messageRetentionDays: 2 } as Partial<QueueSettings>);
    expect(await read(session(), project)).toMatchObject({ maxExpiredLeases: 1_000 });
  });

  it.each<[string, Partial<QueueSettings>, number]>([
    ['the retries that are set', { maxRetries: 1 }, 1],
    ['retries set to 0', { maxRetries: 0 }, 0],
    ['the default number of retries, when that is set', { maxRetries: 3 }, 3],
    [
      'the default number of retries, when a dead-letter queue is set',
      { deadLetterQueue: 'dead' },
      3,
    ],
    ['the default number of retries in a FIFO queue', { type: 'fifo' }, 3],
    ['the retries that are set, in a FIFO queue', { type: 'fifo', maxRetries: 1 }, 1],
    ['max_expired_leases', { maxExpiredLeases: 2 }, 2],
    ['max_expired_leases, above the retries', { maxRetries: 0, maxExpiredLeases: 2 }, 2],
    ['max_expired_leases, below the retries', { maxRetries: 9, maxExpiredLeases: 0 }, 0],
    ['max_expired_leases, in a FIFO queue', { type: 'fifo', maxExpiredLeases: 1 }, 1],
  ])('are bounded by %s', async (_what, settings, allowed) => {
    const project = session().project();
    await project.create('dead');
    const { queue } = await project.run(project.createQueue('q', settings));
    expect(queue.maxExpiredLeases).toBe(allowed);
    expect(await read(session(), project)).toEqual(queue);
    await project.send('q', '1');
    await letExpire(session(), project, allowed);
    expect(await project.tally('q')).toEqual({ available: 1 });
    await letExpire(session(), project);
    expect(await project.tally('q')).toEqual({ dlq: 1 });
    expect(await reasonsOf(project)).toEqual(['expired_lease']);
  });

  it('have the budget of 1,000 in a queue that a publish created', async () => {
    const project = session().project();
    await project.run(project.publish('q', ['1'], { autoCreate: true }));
    expect(await read(session(), project)).toMatchObject({ maxExpiredLeases: 1_000 });
    // A create with the values in force does not change the budget.
    await project.create('q', { maxRetries: 3 });
    expect(await read(session(), project)).toMatchObject({ maxExpiredLeases: 1_000 });
  });

  it('count separately from nacks, which are bounded by the retries', async () => {
    const project = session().project();
    await project.create('q', { maxRetries: 1, maxExpiredLeases: 2 });
    await project.send('q', '1');
    await nack(project);
    await letExpire(session(), project, 2);
    expect(await project.tally('q')).toEqual({ available: 1 });
    await nack(project);
    expect(await reasonsOf(project)).toEqual(['max_retries']);
    await project.run(project.purgeDead('q'));
    await project.send('q', '2');
    await letExpire(session(), project);
    await nack(project);
    await letExpire(session(), project);
    expect(await project.tally('q')).toEqual({ available: 1 });
    await letExpire(session(), project);
    expect(await reasonsOf(project)).toEqual(['expired_lease']);
  });

  it('use up no retries of nacks', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1');
    await letExpire(session(), project, 5);
    await nack(project, 3);
    expect(await project.tally('q')).toEqual({ available: 1 });
    await nack(project);
    expect(await reasonsOf(project)).toEqual(['max_retries']);
  });

  it('follow the retries for good once the retries or a dead-letter queue are set', async () => {
    const project = session().project();
    await project.create('dead');
    await project.create('q');
    expect(await update(project, { visibilityTimeoutDefaultMs: 5_000 })).toBe(1_000);
    expect(await update(project, { deadLetterQueue: null })).toBe(1_000);
    expect(await update(project, { deadLetterQueue: 'dead' })).toBe(3);
    expect(await update(project, { deadLetterQueue: null })).toBe(3);
    expect(await update(project, { maxRetries: 5 })).toBe(5);
    expect(await update(project, { enablePriority: true })).toBe(5);
  });

  it('follow the retries also when they are set to the value they have', async () => {
    const project = session().project();
    await project.create('q');
    session().clock.advance(1_000);
    expect(await update(project, { maxRetries: 3 })).toBe(3);
    const updatedAtMs = session().clock.nowMs();
    expect(await read(session(), project)).toMatchObject({ updatedAtMs });
    session().clock.advance(1_000);
    await update(project, { maxRetries: 3 });
    expect(await read(session(), project)).toMatchObject({ updatedAtMs });
  });

  it('keep max_expired_leases until it is cleared', async () => {
    const project = session().project();
    await project.create('q');
    expect(await update(project, { maxExpiredLeases: 100_000 })).toBe(100_000);
    expect(await update(project, { maxExpiredLeases: null })).toBe(1_000);
    expect(await update(project, { maxExpiredLeases: 7 })).toBe(7);
    expect(await update(project, { maxRetries: 9 })).toBe(7);
    expect(await update(project, { maxExpiredLeases: null })).toBe(9);
    expect(await update(project, { maxRetries: 2, maxExpiredLeases: 0 })).toBe(0);
    expect(await update(project, { maxExpiredLeases: null, maxRetries: 4 })).toBe(4);
  });

  it('are bounded by the settings in force when they run out', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1');
    await letExpire(session(), project, 4);
    await update(project, { maxExpiredLeases: 2 });
    expect(await project.tally('q')).toEqual({ available: 1 });
    await letExpire(session(), project);
    expect(await project.tally('q')).toEqual({ dlq: 1 });
  });

  it('are compared by the number in force when an existing queue is created again', async () => {
    const project = session().project();
    await project.create('q');
    const create = (maxExpiredLeases: number) => project.createQueue('q', { maxExpiredLeases });
    await project.run(create(1_000));
    expect(await project.refused(create(3))).toBe('QUEUE_EXISTS');
    await update(project, { maxRetries: 5 });
    await project.run(create(5));
    expect(await project.refused(create(1_000))).toBe('QUEUE_EXISTS');
    await update(project, { maxExpiredLeases: 8 });
    await project.run(create(8));
    expect(await project.refused(create(5))).toBe('QUEUE_EXISTS');
  });

  it('count only for the first message of a FIFO batch, and not against the nacks', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 1, maxExpiredLeases: 0 });
    await q.send('a1', 'a2', 'a3');
    await q.nack((await q.lease()).get('a1'));
    // The nack has used nothing of the budget for leases that run out.
    await q.lease(10, LEASE_MS);
    session().clock.advance(LEASE_MS);
    expect(await q.next()).toEqual(['a2', 'a3']);
    expect(await q.dead()).toEqual(['a1']);
    const [letter] = (await q.project.deadLetters('q')).items;
    expect(letter?.deadLetterReason).toBe('expired_lease');
  });

  it('count from 0 again, like the nacks, in the dead-letter queue', async () => {
    const project = session().project();
    await project.create('q', { maxRetries: 1, maxExpiredLeases: 1 });
    await project.create('source', { deadLetterQueue: 'q', maxRetries: 1, maxExpiredLeases: 1 });
    await project.send('source', '1');
    await project.run(project.nack('source', await project.receiveOne('source')));
    await project.receiveOne('source', LEASE_MS);
    session().clock.advance(LEASE_MS);
    await project.run(project.nack('source', await project.receiveOne('source')));
    await nack(project);
    await letExpire(session(), project);
    const message = await project.receiveOne('q');
    // The count of deliveries goes on.
    expect(message.deliveryCount).toBe(6);
    await project.run(project.nack('q', message));
    expect(await project.tally('q')).toEqual({ dlq: 1 });
  });

  it('count from 0 again after a redrive, like nacks and deliveries, and stay listed', async () => {
    const project = session().project();
    await project.create('q', { maxRetries: 1, maxExpiredLeases: 1 });
    const [messageId] = await project.send('q', '1');
    await nack(project);
    await letExpire(session(), project, 2);
    await project.run(project.redrive('q'));
    const hows = async () =>
      (await project.look('q', messageId as string))?.failures.map(({ how }) => how);
    expect(await hows()).toEqual(['nack', 'expired_lease', 'expired_lease']);
    expect((await project.peek('q')).items).toMatchObject([{ deliveryCount: 0 }]);
    const again = await project.receiveOne('q', LEASE_MS);
    expect(again.deliveryCount).toBe(1);
    session().clock.advance(LEASE_MS);
    await nack(project);
    expect(await project.tally('q')).toEqual({ available: 1 });
    expect((await project.receiveOne('q')).deliveryCount).toBe(3);
    expect(await hows()).toHaveLength(5);
  });
});

onEachStore('leases that run out in a push', (session) => {
  it('are bounded by the queue, whatever number of failed pushes the subscription allows', async () => {
    const project = session().project();
    await project.create('ours');
    await project.create('q', { maxExpiredLeases: 2 });
    const subscriptionId = `${project.name}-subscription`;
    const url = 'https://a.example/';
    await project.run({
      kind: 'subscribePush',
      autoCreate: false,
      project: project.name,
      queue: 'q',
      idempotency: null,
      subscriptionId,
      settings: { url, urlDigest: null, maxRetries: 0, deadLetterQueue: 'ours' },
      forms: { plainUrl: url, urlDigests: [], secretDigests: [] },
    });
    const lease = async (): Promise<void> => {
      const command = project.consume('q', {
        visibilityTimeoutMs: LEASE_MS,
        keyId: pushHolder(subscriptionId),
      });
      expect((await project.run(command)).messages).toHaveLength(1);
    };
    await project.send('q', '1');
    for (let time = 0; time < 3; time += 1) {
      expect(await project.tally('q')).toEqual({ available: 1 });
      await lease();
      session().clock.advance(LEASE_MS);
    }
    expect(await project.tally('q')).toEqual({ dlq: 1 });
    // The subscription still decides where its dead letters go.
    expect(await project.receiveOne('ours')).toMatchObject({ deadLetterReason: 'expired_lease' });
    await project.send('q', '2');
    await lease();
    const [{ messageId } = { messageId: '' }] = (await project.peek('q')).items;
    await project.run(project.nack('q', { messageId, receipt: null }));
    expect(await project.receiveOne('ours')).toMatchObject({ deadLetterReason: 'max_retries' });
  });
});
