import { expect, it } from 'vitest';
import type { StoredMessage } from '#server/core/commands/commands';
import { answerBytes } from '#server/core/store/answer-size';
import { onEachStoreAndModel } from '../store-session.js';
import { FifoQueue } from './fifo-queue.js';

const DAY_MS = 86_400_000;

onEachStoreAndModel('delivery from FIFO queues', (session) => {
  it('follows the order of publishing within a message group', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1');
    await q.send('a2', 'a3');
    const seen: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      const held = await q.lease(1);
      seen.push(...held.names);
      await q.ack(...held.messages);
    }
    expect(seen).toEqual(['a1', 'a2', 'a3']);
  });

  it('takes message groups by their oldest messages, and as many messages of each as fit', async () => {
    const q = await FifoQueue.create(session());
    await q.send('b1', 'a1', '-1', 'b2', 'c1', '-2', 'a2', 'b3');
    expect(await q.next(6)).toEqual(['b1', 'b2', 'b3', 'a1', 'a2', '-1']);
    expect(await q.next()).toEqual(['c1']);
  });

  it('puts a message group whose head was acked behind those with older messages', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'b1', 'a2', 'b2');
    const held = await q.lease(1);
    await q.ack(held.get('a1'));
    expect(await q.next()).toEqual(['b1', 'b2', 'a2']);
  });

  it('keeps the order among messages without a message group', async () => {
    const q = await FifoQueue.create(session());
    await q.send('-1', 'a1', '-2', '-3');
    const held = await q.lease(1);
    expect(held.names).toEqual(['-1']);
    expect(await q.next()).toEqual(['a1']);
    await q.ack(held.get('-1'));
    expect(await q.next()).toEqual(['-2', '-3']);
  });

  it('distinguishes message group ids by every character, and a blank id from none', async () => {
    const q = await FifoQueue.create(session());
    const groupIds = [null, ' ', 'A', 'a', 'ä', 'a\u0000', 'null', '"'];
    const all = [...groupIds, ...groupIds].map((groupId, n) => ({ groupId, payload: `${n}` }));
    await q.project.send('q', ...all);
    for (const [n] of groupIds.entries())
      expect(await q.project.payloads('q', 1)).toEqual([`${n}`]);
    // Each head is leased now, and each second message waits for it.
    expect(await q.next()).toEqual([]);
  });

  it('returns a retried message before the later ones of its message group', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'b1');
    const held = await q.lease(1);
    await q.send('a3');
    expect(await q.nack(held.get('a1'))).toBe(true);
    expect(await q.next()).toEqual(['a1', 'a2', 'a3', 'b1']);
  });

  it("keeps the order when an answer's byte limit ends it within a message group", async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'b1', 'a2', 'b2');
    const words = { groupId: 'a', deduplicationId: null, lastError: null, sourceQueue: null };
    const maxBytes = 3 * answerBytes(4, words as StoredMessage);
    const { messages } = await q.project.run(q.project.consume('q', { maxBytes }));
    expect(messages.map(({ payload }) => payload)).toEqual(['"a1"', '"a2"', '"b1"']);
    expect(await q.next()).toEqual([]);
  });

  it('ends an answer at the first message that is too long, without passing it over', async () => {
    const q = await FifoQueue.create(session());
    await q.project.send(
      'q',
      { groupId: 'a', payload: '1' },
      { groupId: 'b', payload: `"${'x'.repeat(5_000)}"` },
      { groupId: 'c', payload: '3' },
    );
    const { messages } = await q.project.run(q.project.consume('q', { maxBytes: 4_000 }));
    // A message behind it that fits must not overtake it: the limit ends the call.
    expect(messages.map(({ payload }) => payload)).toEqual(['1']);
    expect(await q.project.payloads('q', 1)).toHaveLength(1);
  });

  it('follows the order within a call, not ids or times', async () => {
    const q = await FifoQueue.create(session());
    const names = Array.from({ length: 40 }, (_, n) => `a${n}`);
    await q.send(...names.slice(0, 25));
    await q.send(...names.slice(25));
    expect(await q.next(100)).toEqual(names);
  });

  it('skips messages past their retention, and frees those behind them', async () => {
    const q = await FifoQueue.create(session(), { messageRetentionDays: 1 });
    await q.send('a1', 'b1');
    session().clock.advance(DAY_MS / 2);
    await q.send('a2');
    session().clock.advance(DAY_MS / 2);
    expect(await q.next()).toEqual(['a2']);
    expect(await q.project.tally('q')).toEqual({ inFlight: 1 });
  });

  it('takes message groups by their oldest message that has not expired', async () => {
    const q = await FifoQueue.create(session(), { messageRetentionDays: 1 });
    await q.send('a1');
    session().clock.advance(DAY_MS / 2);
    await q.send('b1', 'a2');
    session().clock.advance(DAY_MS / 2);
    expect(await q.next(1)).toEqual(['b1']);
    expect(await q.next(1)).toEqual(['a2']);
  });

  it('is the same when the commands run in one commit group', async () => {
    const q = await FifoQueue.create(session());
    const { project } = q;
    await q.send('a1', 'b1', 'a2');
    const outcomes = await project.group(
      project.consume('q', { maxMessages: 1 }),
      project.consume('q', { maxMessages: 1 }),
      project.consume('q', { maxMessages: 1 }),
    );
    const seen = outcomes.map((outcome) =>
      outcome.ok && 'messages' in outcome ? outcome.messages.map(({ payload }) => payload) : [],
    );
    expect(seen).toEqual([['"a1"'], ['"b1"'], []]);
  });

  it('a peek shows available messages in the order of publishing, and which are behind a head', async () => {
    const q = await FifoQueue.create(session());
    await q.send('b1', 'a1', '-1', 'b2', '-2', 'c1');
    const before = (await q.project.peek('q')).items;
    expect(before.map(({ payload }) => payload)).toEqual(
      ['b1', 'a1', '-1', 'b2', '-2', 'c1'].map((name) => `"${name}"`),
    );
    expect(before.map(({ behindHead }) => behindHead)).toEqual([
      ...[false, false, false],
      ...[true, true, false],
    ]);
    const held = await q.lease(1);
    const b2 = before[3]?.messageId as string;
    expect(await q.project.look('q', b2)).toMatchObject({ state: 'available', behindHead: true });
    await q.ack(held.get('b1'));
    expect(await q.project.look('q', b2)).toMatchObject({ state: 'available', behindHead: false });
    await q.lease(1);
    const [leased] = (await q.project.peek('q', { state: 'leased' })).items;
    expect(leased).toMatchObject({ payload: '"a1"', behindHead: false });
  });

  it('a peek shows no message of a standard queue as behind a head', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', { groupId: 'a' }, { groupId: 'a' });
    for (const item of (await project.peek('q')).items) expect(item.behindHead).toBe(false);
  });
});
