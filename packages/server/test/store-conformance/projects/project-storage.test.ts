import { expect, it } from 'vitest';
import { onEachLimitedStore } from '../store-session.js';
import { newKey, once, overQuota, usageOf, WINDOW_MS } from './quota-commands.js';

const MIB = 1024 * 1024;
const BYTES = 10_000;

onEachLimitedStore('the byte quota of a project', { projectBytes: BYTES }, (session) => {
  const kilobytes = (count: number) => JSON.stringify('x'.repeat(count * 1_000 - 2));

  it('counts dead letters that stay in their queue', async () => {
    const project = session().project();
    await project.create('q');
    await project.bury('q', kilobytes(4), kilobytes(4));
    expect(await overQuota(project, project.publish('q', [kilobytes(3)]))).toContain(
      '--max-project-bytes',
    );
    expect(await usageOf(session(), project)).toMatchObject({ messages: 2, bytes: 8_000 });
  });

  it('is freed at once when a queue is purged or deleted', async () => {
    const project = session().project();
    await project.create('q');
    await project.bury('q', kilobytes(4));
    await project.send('q', kilobytes(6));
    await project.run(project.purgeQueue('q'));
    await project.send('q', kilobytes(6));
    await project.run(project.deleteQueue('q'));
    expect(await usageOf(session(), project)).toMatchObject({ messages: 0, bytes: 0, queues: 0 });
    await project.create('q');
    await project.send('q', kilobytes(10));
    await session().store.apply([{ kind: 'sweepDiscarded', limit: 100 }]);
    expect(await usageOf(session(), project)).toMatchObject({ messages: 1, bytes: BYTES });
  });

  it('is freed when dead letters are purged, one or all, but not when they are redriven', async () => {
    const project = session().project();
    await project.create('q');
    const [first] = await project.bury('q', kilobytes(3), kilobytes(3), kilobytes(3));
    await project.run(project.redrive('q', { messageId: first as string }));
    expect(await usageOf(session(), project)).toMatchObject({ messages: 3, bytes: 9_000 });
    expect((await project.run(project.purgeDead('q'))).done).toBe(2);
    expect(await usageOf(session(), project)).toMatchObject({ messages: 1, bytes: 3_000 });
  });

  it('counts a message once that moves to a dead-letter queue and back', async () => {
    const project = session().project();
    await project.create('dead');
    await project.create('q', { deadLetterQueue: 'dead' });
    await project.bury('q', kilobytes(2));
    expect(await usageOf(session(), project)).toMatchObject({ messages: 1, bytes: 2_000 });
    await project.run(project.redrive('q'));
    expect(await usageOf(session(), project)).toMatchObject({ messages: 1, bytes: 2_000 });
  });

  it('includes the record of a deduplication id, once for each id', async () => {
    const project = session().project();
    await project.create('q', { type: 'fifo' });
    const under = (deduplicationId: string, payload: string) => ({ payload, deduplicationId });
    const tooLarge = JSON.stringify('x'.repeat(BYTES - 200));
    await overQuota(project, project.publish('q', [under('d', tooLarge)]));
    // There is room for one more record, of 200 bytes and its texts, but not for two.
    const most = JSON.stringify('x'.repeat(BYTES - 400));
    await overQuota(project, project.publish('q', [under('d1', most), under('d2', '1')]));
    await project.send('q', under('d1', most), under('d1', '1'));
    expect(await project.tally('q')).toEqual({ available: 1 });
  });

  it('counts recorded answers until they expire', async () => {
    const project = session().project();
    await project.create('q');
    const purge = () => project.purgeQueue('q', once('queue.purge'));
    await project.run(purge());
    const { bytes } = await usageOf(session(), project);
    expect(bytes).toBeGreaterThan(200);
    expect(bytes).toBeLessThan(400);
    session().clock.advance(WINDOW_MS + 2_000);
    await project.group();
    await expect.poll(() => usageOf(session(), project)).toMatchObject({ bytes: 0 });
  });

  it('counts the record of a delete for as long as it outlives the queue', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', kilobytes(4));
    const command = project.deleteQueue('q', once('queue.delete'));
    await project.run(command);
    const { bytes } = await usageOf(session(), project);
    expect(bytes).toBeGreaterThan(200);
    expect(bytes).toBeLessThan(400);
    await project.create('q');
    expect((await project.run(command)).replayed).toBe(true);
    expect(await usageOf(session(), project)).toMatchObject({ bytes, queues: 1 });
    session().clock.advance(WINDOW_MS + 2_000);
    await project.group();
    await expect.poll(() => usageOf(session(), project)).toMatchObject({ bytes: 0, queues: 1 });
  });

  it('is freed after many records expire at once and further commit groups ran', async () => {
    const project = session().project();
    await project.create('q');
    const acks = Array.from({ length: 2_100 }, () => project.ack('q', [], once('queue.ack')));
    await project.group(...acks);
    expect((await usageOf(session(), project)).bytes).toBeGreaterThan(2_100 * 200);
    session().clock.advance(WINDOW_MS + 2_000);
    for (let group = 0; group < 10; group += 1) await project.group();
    await expect.poll(() => usageOf(session(), project)).toMatchObject({ bytes: 0 });
  });

  it('counts a record once that replaces another', async () => {
    const project = session().project();
    const create = project.createQueue('q', {}, once('queue.create'));
    await project.run(create);
    const { bytes } = await usageOf(session(), project);
    // The answer contains the id of the queue, which may have one digit more.
    const isOneRecord = async (): Promise<void> =>
      expect((await usageOf(session(), project)).bytes - bytes).toBeLessThanOrEqual(1);
    await project.run(project.deleteQueue('q'));
    await project.run(create);
    await isOneRecord();
    session().clock.advance(WINDOW_MS);
    await project.run(create);
    await isOneRecord();
  });

  it('counts a deduplication id once, also when it is published again', async () => {
    const project = session().project();
    await project.create('f', { type: 'fifo' });
    const send = () => project.send('f', { payload: '1', deduplicationId: 'an id\0' });
    await send();
    const { bytes } = await usageOf(session(), project);
    expect(bytes).toBeGreaterThan(200 + 36);
    await send();
    expect(await usageOf(session(), project)).toMatchObject({ messages: 1, bytes });
    session().clock.advance(300_000);
    await send();
    await expect
      .poll(() => usageOf(session(), project))
      .toMatchObject({ messages: 2, bytes: bytes + 1 });
    await project.run(project.deleteQueue('f'));
    session().clock.advance(300_000 + 2_000);
    await project.group();
    await expect.poll(() => usageOf(session(), project)).toMatchObject({ bytes: 0 });
  });

  it('refuses a call for the space of its key before the call has any effect', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', kilobytes(9.9));
    expect(await overQuota(project, project.purgeQueue('q', once('queue.purge')))).toMatch(
      /leave out the idempotency key/i,
    );
    await overQuota(project, project.deleteQueue('q', once('queue.delete')));
    await overQuota(project, project.createQueue('other', {}, once('queue.create')));
    await overQuota(project, project.updateQueue('q', { maxRetries: 9 }, once('queue.update')));
    await overQuota(project, project.redrive('q', once('queue.dlq.redrive')));
    await overQuota(project, newKey(project, once('account.keys.create')));
    expect(await project.tally('q')).toEqual({ available: 1 });
    expect(await usageOf(session(), project)).toMatchObject({ messages: 1, queues: 1, keys: 0 });
  });

  it('refuses no call without a key, and allows replays', async () => {
    const project = session().project();
    await project.create('q');
    const update = project.updateQueue('q', { maxRetries: 9 }, once('queue.update'));
    const first = await project.run(update);
    await project.send('q', kilobytes(9.3));
    await overQuota(project, project.updateQueue('q', {}, once('queue.update')));
    expect(await project.run(update)).toEqual({ ...first, replayed: true });
    await project.run(project.updateQueue('q', { maxRetries: 8 }));
    await project.run(newKey(project));
    await project.run(project.purgeQueue('q'));
  });

  it('counts the key of a publish together with its messages', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', kilobytes(9));
    const bare = project.publish('q', [kilobytes(0.9)]);
    await overQuota(project, { ...bare, ...once('queue.publish') });
    await project.run(bare);
  });

  it('allows settling with keys up to an eighth or 1 MiB above it, and beyond that only without keys', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', kilobytes(9.9), '1', '2', '3');
    const [first, second, third, fourth] = await project.receive('q');
    if (!first || !second || !third || !fourth) throw new Error('four messages were sent');
    await project.run(project.extend('q', fourth, 60_000, once('queue.extend')));
    await project.run(project.nack('q', third, { requeue: false, ...once('queue.nack') }));
    expect((await project.receive('q')).length).toBe(0);
    await project.run(project.ack('q', second, once('queue.ack')));

    const extend = () => project.extend('q', fourth, 60_000, once('queue.extend'));
    const outcomes = await project.group(...Array.from({ length: 5_000 }, extend));
    const codes = new Set(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.code)));
    expect([...codes]).toEqual(['ok', 'STORAGE_FULL']);
    const { bytes } = await usageOf(session(), project);
    expect(bytes).toBeLessThanOrEqual(BYTES + MIB);
    expect(bytes).toBeGreaterThan(BYTES + MIB - 2_000);

    expect(await overQuota(project, project.ack('q', first, once('queue.ack')))).toMatch(
      /leave out the idempotency key/i,
    );
    await overQuota(project, project.consume('q', once('queue.consume')));
    expect(await project.tally('q')).toEqual({ inFlight: 2, dlq: 1 });
    expect(await project.acked('q', first)).toBe(true);
  });
});

onEachLimitedStore('the message quota of a project', { projectMessages: 3 }, (session) => {
  it('counts dead letters that stay in their queue', async () => {
    const project = session().project();
    await project.create('one');
    await project.create('two');
    await project.bury('one', '1', '2');
    await project.send('two', '3');
    expect(await overQuota(project, project.publish('two', ['4']))).toContain(
      '--max-project-messages',
    );
    await project.run(project.deleteQueue('one'));
    await project.send('two', '4', '5');
  });

  it('counts the messages of earlier commands in the same commit group', async () => {
    const project = session().project();
    await project.create('q');
    const publish = () => project.publish('q', ['1', '2']);
    const [first, second, purged, third] = await project.group(
      publish(),
      publish(),
      project.purgeQueue('q'),
      publish(),
    );
    expect([first, second, purged, third].map((outcome) => outcome?.ok)).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  it('lets a publish that it refuses create no queue', async () => {
    const project = session().project();
    const publish = (queue: string, ...payloads: string[]) =>
      project.publish(queue, payloads, { autoCreate: true });
    const outcomes = await project.group(
      publish('a', '1', '2'),
      publish('b', '3', '4'),
      publish('c', '5'),
    );
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(await usageOf(session(), project)).toMatchObject({ messages: 3, queues: 2 });
    expect(await project.refused(project.publish('b', ['3']))).toBe('QUEUE_NOT_FOUND');
  });
});
