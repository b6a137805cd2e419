import { expect, it } from 'vitest';
import type { NewMessage } from '#server/core/commands/commands';
import type { Idempotency } from '#server/core/commands/queue-command';
import { onEachStoreAndModel, type Project } from '../store-session.js';
import { FifoQueue, named } from './fifo-queue.js';

const WINDOW_MS = 300_000;
const under = (deduplicationId: string, name = 'a1'): Partial<NewMessage> => ({
  ...named(name),
  deduplicationId,
});
const keyed = (key: string, fingerprint = key): Idempotency => ({
  ...{ capability: 'queue.publish', key, fingerprint },
  windowMs: 1_000,
});

onEachStoreAndModel('deduplication in FIFO queues', (session) => {
  const sendOne = async (project: Project, message: Partial<NewMessage>, queue = 'q') =>
    (await project.send(queue, message))[0] as string;

  it('suppresses the second publish, and answers with the first id', async () => {
    const q = await FifoQueue.create(session());
    const first = await sendOne(q.project, under('d', 'a1'));
    const second = await sendOne(q.project, under('d', 'a2'));
    expect(second).toBe(first);
    expect(await q.project.tally('q')).toEqual({ available: 1 });
    const { messages } = await q.lease();
    expect(messages).toMatchObject([{ messageId: first, payload: '"a1"', deduplicationId: 'd' }]);
  });

  it('lasts five minutes from the first publish, to the millisecond', async () => {
    const q = await FifoQueue.create(session());
    const first = await sendOne(q.project, under('d'));
    session().clock.advance(WINDOW_MS - 1);
    expect(await sendOne(q.project, under('d'))).toBe(first);
    session().clock.advance(1);
    const second = await sendOne(q.project, under('d'));
    expect(second).not.toBe(first);
    // The new publish opens its own window; the suppressed one did not prolong the first.
    session().clock.advance(WINDOW_MS - 1);
    expect(await sendOne(q.project, under('d'))).toBe(second);
    expect(await q.project.tally('q')).toEqual({ available: 2 });
  });

  it('ignores the message group', async () => {
    const q = await FifoQueue.create(session());
    const first = await sendOne(q.project, under('d', 'a1'));
    expect(await sendOne(q.project, under('d', 'b1'))).toBe(first);
    expect(await sendOne(q.project, under('d', '-1'))).toBe(first);
  });

  it.each(['acked', 'purged', 'a dead letter', 'leased'])(
    'still applies when the first message is %s',
    async (fate) => {
      const q = await FifoQueue.create(session(), { maxRetries: 0 });
      const first = await sendOne(q.project, under('d'));
      if (fate === 'purged') await q.project.run(q.project.purgeQueue('q'));
      else {
        const held = await q.lease();
        if (fate === 'acked') await q.ack(held.get('a1'));
        if (fate === 'a dead letter') await q.nack(held.get('a1'));
      }
      const before = await q.project.tally('q');
      expect(await sendOne(q.project, under('d', 'a2'))).toBe(first);
      expect(await q.project.tally('q')).toEqual(before);
    },
  );

  it('applies to one queue only', async () => {
    const q = await FifoQueue.create(session());
    await FifoQueue.create(session(), {}, { project: q.project, name: 'other' });
    const first = await sendOne(q.project, under('d'));
    expect(await sendOne(q.project, under('d'), 'other')).not.toBe(first);
  });

  it('is forgotten with its queue', async () => {
    const q = await FifoQueue.create(session());
    const first = await sendOne(q.project, under('d'));
    await q.project.run(q.project.deleteQueue('q'));
    await FifoQueue.create(session(), {}, { project: q.project });
    expect(await sendOne(q.project, under('d'))).not.toBe(first);
    expect(await q.project.tally('q')).toEqual({ available: 1 });
  });

  it('applies within a batch, and answers in the order of the messages', async () => {
    const q = await FifoQueue.create(session());
    const old = await sendOne(q.project, under('d1', 'a0'));
    const ids = await q.project.send('q', under('d2'), named('a2'), under('d1'), under('d2', 'a3'));
    expect(ids[2]).toBe(old);
    expect(ids[3]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(3);
    expect(await q.next()).toEqual(['a0', 'a1', 'a2']);
  });

  it('applies within one commit group', async () => {
    const q = await FifoQueue.create(session());
    const { project } = q;
    const outcomes = await project.group(
      project.publish('q', [under('d', 'a1')]),
      project.publish('q', [under('d', 'a2')]),
      project.purgeQueue('q'),
      project.publish('q', [under('d', 'a3')]),
    );
    const ids = outcomes.flatMap((outcome) =>
      outcome.ok && 'messageIds' in outcome ? outcome.messageIds : [],
    );
    expect(ids).toEqual([ids[0], ids[0], ids[0]]);
    expect(await project.tally('q')).toEqual({});
  });

  it('may suppress a whole batch, which succeeds', async () => {
    const q = await FifoQueue.create(session());
    const batch = [under('d1'), under('d2')];
    const first = await q.project.send('q', ...batch);
    expect(await q.project.send('q', ...batch)).toEqual(first);
    expect(await q.project.tally('q')).toEqual({ available: 2 });
  });

  it('uses the idempotency key of a single publish without a deduplication id', async () => {
    const q = await FifoQueue.create(session());
    const { project } = q;
    const send = async (name: string, key: string, more: Partial<NewMessage> = {}) =>
      project.run(
        project.publish('q', [{ ...named(name), ...more }], { idempotency: keyed(key, name) }),
      );
    const first = await send('a1', 'k');
    expect(first.replayed).toBe(false);
    // The key's record is gone after a second here, but the deduplication window is still open.
    session().clock.advance(1_000);
    const second = await send('a2', 'k');
    expect(second).toMatchObject({ replayed: false, messageIds: first.messageIds });
    expect(await sendOne(project, under('k'))).toBe(first.messageIds[0]);
    session().clock.advance(1_000);
    // The key is no deduplication id for a message that has its own.
    const third = await send('a3', 'k', { deduplicationId: 'd' });
    expect(third.messageIds).not.toEqual(first.messageIds);
    expect(await q.next()).toEqual(['a1', 'a3']);
  });

  it('does not use the idempotency key of a batch, even of one message', async () => {
    const q = await FifoQueue.create(session());
    const { project } = q;
    const send = (name: string) =>
      project.run(
        project.publish('q', [named(name)], {
          batch: true,
          idempotency: { ...keyed('k', name), capability: 'queue.publish_batch' },
        }),
      );
    const first = await send('a1');
    session().clock.advance(1_000);
    expect((await send('a2')).messageIds).not.toEqual(first.messageIds);
  });

  it('leaves replays unchanged, and another request under the key is refused', async () => {
    const q = await FifoQueue.create(session());
    const { project } = q;
    const command = project.publish('q', [named('a1')], { idempotency: keyed('k') });
    const first = await project.run(command);
    const again = await project.run(command);
    expect(again).toEqual({ ...first, replayed: true });
    const other = project.publish('q', [named('a2')], { idempotency: keyed('k', 'other') });
    expect(await project.refused(other)).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it('lets the answer of a suppressed publish be recorded under its key', async () => {
    const q = await FifoQueue.create(session());
    const { project } = q;
    const first = await sendOne(project, under('d'));
    const command = project.publish('q', [under('d')], { idempotency: keyed('k') });
    expect(await project.run(command)).toMatchObject({ replayed: false, messageIds: [first] });
    expect(await project.run(command)).toMatchObject({ replayed: true, messageIds: [first] });
  });

  it('compares ids by every character', async () => {
    const q = await FifoQueue.create(session());
    const ids = ['a', 'A', 'ä', 'a\u0308', 'a ', 'a\u0000', "'", '\\', '😀'.repeat(256)];
    const sent = await q.project.send('q', ...ids.map((id) => under(id)));
    expect(new Set(sent).size).toBe(ids.length);
    expect(await q.project.send('q', ...ids.map((id) => under(id)))).toEqual(sent);
  });

  it('does not apply in a standard queue, which keeps the id', async () => {
    const project = session().project();
    await project.create('q');
    const ids = await project.send('q', under('d'), under('d'));
    expect(new Set(ids).size).toBe(2);
    const [message] = await project.receive('q');
    expect(message).toMatchObject({ deduplicationId: 'd', groupId: 'a' });
  });
});
