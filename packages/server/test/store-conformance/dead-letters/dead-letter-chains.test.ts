import { expect, it } from 'vitest';
import { EARLIER_SOURCES_KEPT } from '#server/core/dead-letters/dead-letter-source';
import { pushHolder } from '#server/core/queue/push-subscription';
import {
  onEachStore,
  onEachStoreAndModel,
  type Project,
  type StoreSession,
} from '../store-session.js';

/** Dead letters of `a` go to `b`, and those of `b` to `c`. */
async function chain(session: StoreSession, type: 'standard' | 'fifo' = 'standard') {
  const project = session.project();
  await project.create('c', { type });
  await project.create('b', { type, deadLetterQueue: 'c' });
  await project.create('a', { type, deadLetterQueue: 'b' });
  return project;
}

/** Dead-letters all messages of the queue, in order. */
async function reject(project: Project, queue: string): Promise<void> {
  const messages = await project.receive(queue);
  await project.run(project.nack(queue, [...messages], { requeue: false }));
}

/** Dead-letters the messages in `a` and, a second later, in `b`. */
async function buryTwice(session: StoreSession, project: Project, ...payloads: string[]) {
  const messageIds = await project.bury('a', ...payloads);
  session.clock.advance(1_000);
  await reject(project, 'b');
  return messageIds;
}

const redriven = async (project: Project, queue: string): Promise<number> =>
  (await project.run(project.redrive(queue))).done;

const dlqOf = async (project: Project, ...queues: string[]): Promise<number[]> => {
  const counts = [];
  for (const queue of queues) counts.push((await project.counts(queue)).dlq);
  return counts;
};

onEachStoreAndModel('a chain of dead-letter queues', (session) => {
  it('is redriven one queue at a time, back to the first', async () => {
    const project = await chain(session());
    const diedAtMs = session().clock.nowMs();
    await project.run(project.updateQueue('a', { maxRetries: 0 }));
    const [messageId] = await project.send('a', '1');
    await project.run(project.nack('a', await project.receiveOne('a'), { error: 'in a' }));
    session().clock.advance(1_000);
    await reject(project, 'b');
    expect(await dlqOf(project, 'a', 'b')).toEqual([0, 1]);
    expect((await project.deadLetters('a')).items).toEqual([]);

    expect(await redriven(project, 'a')).toBe(0);
    expect(await redriven(project, 'b')).toBe(1);
    expect(await dlqOf(project, 'a', 'b')).toEqual([1, 0]);
    const asInA = {
      messageId,
      sourceQueue: 'a',
      deadLetteredAtMs: diedAtMs,
      deadLetterReason: 'max_retries',
    };
    expect((await project.deadLetters('a')).items).toMatchObject([asInA]);
    expect((await project.deadLetters('b')).items).toEqual([]);
    expect((await project.peek('b')).items).toMatchObject([asInA]);

    expect(await redriven(project, 'b')).toBe(0);
    expect(await redriven(project, 'a')).toBe(1);
    expect(await dlqOf(project, 'a', 'b')).toEqual([0, 0]);
    expect(await project.tally('b')).toEqual({});
    const none = { sourceQueue: null, deadLetteredAtMs: null, deadLetterReason: null };
    expect(await project.receiveOne('a')).toMatchObject({ messageId, ...none });
  });

  it('is redriven after a message went through it twice', async () => {
    const project = await chain(session());
    await buryTwice(session(), project, '1');
    await redriven(project, 'b');
    await reject(project, 'b');
    await redriven(project, 'b');
    await redriven(project, 'a');
    await reject(project, 'a');
    expect(await dlqOf(project, 'a', 'b')).toEqual([1, 0]);
    expect(await redriven(project, 'a')).toBe(1);
    expect(await dlqOf(project, 'a', 'b')).toEqual([0, 0]);
  });

  it('is redriven from the built-in dead letters of its last queue', async () => {
    const project = await chain(session());
    const messageIds = await buryTwice(session(), project, '1', '2');
    await reject(project, 'c');
    expect(await dlqOf(project, 'a', 'b', 'c')).toEqual([0, 0, 2]);
    const [messageId] = messageIds as [string];
    for (const queue of ['c', 'b', 'a']) {
      const { done } = await project.run(project.redrive(queue, { messageId }));
      expect(done).toBe(1);
    }
    expect(await project.payloads('a')).toEqual(['1']);
    for (const queue of ['c', 'b', 'a']) expect(await redriven(project, queue)).toBe(1);
    expect(await project.payloads('a')).toEqual(['2']);
  });

  it('is redriven by two commands in one commit group', async () => {
    const project = await chain(session());
    await buryTwice(session(), project, '1');
    await project.group(project.redrive('b'), project.redrive('a'), project.publish('b', ['2']));
    expect(await project.tally('a')).toEqual({ available: 1 });
    expect(await project.tally('b')).toEqual({ available: 1 });
  });

  it('forgets messages that are acked or purged on their way back', async () => {
    const project = await chain(session());
    await buryTwice(session(), project, '1', '2', '3');
    await redriven(project, 'b');
    expect(await project.acked('b', await project.receiveOne('b'))).toBe(true);
    expect(await dlqOf(project, 'a', 'b')).toEqual([2, 0]);
    const [{ messageId } = { messageId: '' }] = (await project.deadLetters('a')).items;
    expect((await project.run(project.purgeDead('a', { messageId }))).done).toBe(1);
    expect(await dlqOf(project, 'a', 'b')).toEqual([1, 0]);
    expect((await project.run(project.purgeDead('a'))).done).toBe(1);
    expect(await dlqOf(project, 'a', 'b')).toEqual([0, 0]);
    expect(await project.tally('b')).toEqual({});
  });

  it('forgets the dead letters of its first queue that were in the middle one when that was purged', async () => {
    const project = await chain(session());
    await buryTwice(session(), project, '"on its way"', '"at the end"');
    await project.run(project.redrive('b', { maxMessages: 1 }));
    expect(await dlqOf(project, 'a', 'b')).toEqual([1, 1]);
    await project.run(project.purgeQueue('b'));
    expect(await dlqOf(project, 'a', 'b')).toEqual([0, 1]);
    expect(await redriven(project, 'b')).toBe(1);
    expect(await dlqOf(project, 'a', 'b')).toEqual([1, 0]);
    expect(await redriven(project, 'a')).toBe(1);
    expect(await project.payloads('a')).toEqual(['"at the end"']);
  });

  it('is broken by the deletion of its middle queue, also when that is created again', async () => {
    const project = await chain(session());
    await buryTwice(session(), project, '1');
    await project.run(project.updateQueue('a', { deadLetterQueue: null }));
    await project.run(project.deleteQueue('b'));
    await project.create('b', { deadLetterQueue: 'c' });
    await project.run(project.updateQueue('a', { deadLetterQueue: 'b' }));
    for (const queue of ['a', 'b', 'c']) expect(await redriven(project, queue)).toBe(0);
    expect(await dlqOf(project, 'a', 'b', 'c')).toEqual([0, 0, 0]);
    expect(await project.receiveOne('c')).toMatchObject({ payload: '1', sourceQueue: 'b' });
  });

  it('ends in the middle once its first queue was deleted, also when that is created again', async () => {
    const project = await chain(session());
    await buryTwice(session(), project, '1');
    await project.run(project.deleteQueue('a'));
    await project.create('a', { deadLetterQueue: 'b' });
    expect(await redriven(project, 'b')).toBe(1);
    expect(await redriven(project, 'a')).toBe(0);
    expect(await dlqOf(project, 'a', 'b')).toEqual([0, 0]);
    expect(await project.receiveOne('b')).toMatchObject({ payload: '1', sourceQueue: 'a' });
  });

  it('keeps order within the message groups of FIFO queues', async () => {
    const project = await chain(session(), 'fifo');
    const send = (groupId: string, payload: string) => project.send('a', { groupId, payload });
    for (const payload of ['1', '2', '3']) await send('x', payload);
    await reject(project, 'a');
    await reject(project, 'b');
    expect(await redriven(project, 'b')).toBe(3);
    const held = await project.receiveOne('b');
    // The head of its message group is leased and stays; those behind it move.
    expect(await redriven(project, 'a')).toBe(2);
    await project.run(project.nack('b', held));
    expect(await redriven(project, 'a')).toBe(1);
    expect(await project.payloads('a')).toEqual(['2', '3', '1']);
    expect(await project.tally('b')).toEqual({});
  });
});

onEachStore('a long chain of dead-letter queues', (session) => {
  it('is redriven back as far as the latest steps are remembered', async () => {
    const project = session().project();
    const names = Array.from({ length: EARLIER_SOURCES_KEPT + 2 }, (_, at) => `q${at}`);
    for (const [at, name] of [...names.entries()].reverse()) {
      const next = names[at + 1];
      await project.create(name, next === undefined ? {} : { deadLetterQueue: next });
    }
    await project.send('q0', '1');
    for (const name of names) await reject(project, name);
    const back = names.slice(1).reverse();
    for (const name of back.slice(0, -1)) expect(await redriven(project, name)).toBe(1);
    // The message is at home where its remembered way ends: an ordinary message, no dead letter.
    expect(await redriven(project, 'q1')).toBe(1);
    expect(await redriven(project, 'q0')).toBe(0);
    expect(await project.receiveOne('q1')).toMatchObject({ sourceQueue: null });
  });

  it('can lead through the dead-letter queue of a subscription', async () => {
    const project = session().project();
    for (const name of ['theirs', 'ours']) await project.create(name);
    await project.create('a', { deadLetterQueue: 'theirs' });
    await project.run(project.updateQueue('ours', { deadLetterQueue: 'theirs' }));
    const subscriptionId = '0198f3a2-6c10-7b3e-9a41-5d0f3c2b1a77';
    const url = 'https://example.com/';
    await project.run({
      kind: 'subscribePush',
      project: project.name,
      queue: 'a',
      idempotency: null,
      autoCreate: false,
      subscriptionId,
      firstSecret: 's',
      settings: { url, urlDigest: null, deadLetterQueue: 'ours' },
      forms: { plainUrl: url, urlDigests: [], secretDigests: [] },
    });
    await project.send('a', '1');
    const consume = project.consume('a', { keyId: pushHolder(subscriptionId) });
    const { messages } = await project.run(consume);
    await project.run(project.nack('a', [...messages], { requeue: false }));
    await reject(project, 'ours');
    expect(await dlqOf(project, 'a', 'ours')).toEqual([0, 1]);
    expect(await redriven(project, 'ours')).toBe(1);
    expect(await dlqOf(project, 'a', 'ours')).toEqual([1, 0]);
    expect(await redriven(project, 'a')).toBe(1);
    expect(await project.tally('a')).toEqual({ available: 1 });
  });

  it('is remembered across a restart', async () => {
    const project = await chain(session());
    await buryTwice(session(), project, '1');
    await session().restart();
    for (const queue of ['b', 'a']) expect(await redriven(project, queue)).toBe(1);
    expect(await project.payloads('a')).toEqual(['1']);
  });
});
