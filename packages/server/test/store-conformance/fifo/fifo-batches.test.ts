import { expect, it } from 'vitest';
import { onEachStoreAndModel } from '../store-session.js';
import { FifoQueue, nameOf } from './fifo-queue.js';

const DAY_MS = 86_400_000;
const REQUEUED = { nacked: true, requeued: true };
const DEAD = { nacked: true, requeued: false };

onEachStoreAndModel('nack batches of FIFO queues', (session) => {
  it('count a failure of the first message of each message group only', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'b1', 'b2', '-1', '-2');
    const held = await q.lease();
    const results = await q.nackBatch(
      ...held.messages.map((message) => ({ ...message, error: 'no' })),
    );
    expect(results).toEqual(Array(6).fill(REQUEUED));
    for (const name of held.names) {
      const how = name.endsWith('1') ? ['nack'] : [];
      expect(await q.failures(held.get(name)), name).toEqual(how);
    }
    const again = await q.lease();
    expect(again.names).toEqual(['a1', 'a2', 'b1', 'b2', '-1', '-2']);
    expect(again.get('a1').lastError).toBe('no');
    expect(again.get('a2').lastError).toBeNull();
  });

  it('go by the order of the messages, not by that of the entries', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'a3');
    const held = await q.lease();
    const results = await q.nackBatch(...held.pick('a3', 'a2', 'a1'));
    expect(results).toEqual(Array(3).fill(REQUEUED));
    expect(await q.failures(held.get('a1'))).toEqual(['nack']);
    expect(await q.failures(held.get('a2'))).toEqual([]);
    expect(await q.failures(held.get('a3'))).toEqual([]);
    expect(await q.next()).toEqual(['a1', 'a2', 'a3']);
  });

  it('count a failure of the first message they name, also when an earlier one is leased and not named', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'a3', 'a4');
    const held = await q.lease();
    await q.nackBatch(...held.pick('a3', 'a2'));
    expect(await q.failures(held.get('a2'))).toEqual(['nack']);
    expect(await q.failures(held.get('a3'))).toEqual([]);
    // A later message that the batch does not name loses its lease; an earlier one keeps it.
    expect(await q.isLost(held.get('a4'))).toBe(true);
    expect(await q.isLost(held.get('a1'))).toBe(false);
  });

  it('requeue the later messages also when the first becomes a dead letter', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 0 });
    await q.send('a1', 'a2', 'a3', 'a4');
    const held = await q.lease();
    const results = await q.nackBatch(...held.pick('a1', 'a2', 'a3'));
    expect(results).toEqual([DEAD, REQUEUED, REQUEUED]);
    expect(await q.project.tally('q')).toEqual({ available: 3, dlq: 1 });
    expect(await q.isLost(held.get('a4'))).toBe(true);
    expect(await q.next()).toEqual(['a2', 'a3', 'a4']);
  });

  it('leave later leases alone when all named messages become dead letters', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 0 });
    await q.send('a1', 'a2', 'a3');
    const held = await q.lease();
    const [a1, a2, a3] = held.messages as [(typeof held.messages)[0], ...typeof held.messages];
    expect(await q.nackBatch(a1, { ...(a2 as typeof a1), requeue: false })).toEqual([DEAD, DEAD]);
    await q.ack(a3 as typeof a1);
  });

  it('delay a message group by the first entry, and ignore the delays of the others', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'b1', 'b2');
    const held = await q.lease();
    await q.nackBatch(
      { ...held.get('a1'), delayMs: 1_000 },
      { ...held.get('a2'), delayMs: 60_000 },
      held.get('b1'),
      { ...held.get('b2'), delayMs: 60_000 },
    );
    expect(await q.project.tally('q')).toEqual({ available: 3, delayed: 1 });
    expect(await q.next()).toEqual(['b1', 'b2']);
    session().clock.advance(1_000);
    expect(await q.next()).toEqual(['a1', 'a2']);
  });

  it('make a dead letter of each message with requeue off', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'a3', 'a4');
    const held = await q.lease();
    const results = await q.nackBatch(
      { ...held.get('a4'), requeue: false, error: 'four' },
      held.get('a3'),
      { ...held.get('a2'), requeue: false, error: 'two' },
      held.get('a1'),
    );
    expect(results).toEqual([DEAD, REQUEUED, DEAD, REQUEUED]);
    expect((await q.dead()).sort()).toEqual(['a2', 'a4']);
    for (const letter of (await q.project.deadLetters('q')).items) {
      expect(letter.deadLetterReason).toBe('rejected');
      expect(letter.lastError).toBe(letter.payload === '"a2"' ? 'two' : 'four');
    }
    expect(await q.failures(held.get('a2'))).toEqual(['rejected']);
    expect(await q.failures(held.get('a3'))).toEqual([]);
    expect(await q.next()).toEqual(['a1', 'a3']);
  });

  it('count a failure of the first message with requeue on, behind a rejected one', async () => {
    const q = await FifoQueue.create(session(), { maxRetries: 0 });
    await q.send('a1', 'a2', 'a3');
    const held = await q.lease();
    const results = await q.nackBatch(
      { ...held.get('a1'), requeue: false },
      held.get('a2'),
      held.get('a3'),
    );
    expect(results).toEqual([DEAD, DEAD, REQUEUED]);
    expect(await q.dead()).toEqual(['a1', 'a2']);
    expect(await q.next()).toEqual(['a3']);
  });

  it('check all receipts before they change anything', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'a3', 'a4');
    const held = await q.lease();
    await q.ack(held.get('a1'));
    const results = await q.nackBatch(
      held.get('a1'),
      { ...held.get('a2'), receipt: 'another' },
      held.get('a3'),
      held.get('a4'),
      held.get('a3'),
    );
    const nothing = { nacked: false, requeued: false };
    expect(results).toEqual([nothing, 'LEASE_LOST', REQUEUED, REQUEUED, nothing]);
    // An entry without effect is not the first of its message group.
    expect(await q.failures(held.get('a3'))).toEqual(['nack']);
    expect(await q.failures(held.get('a2'))).toEqual([]);
    expect(await q.isLost(held.get('a2'))).toBe(false);
  });

  it('with one entry do the same as a nack', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2');
    const held = await q.lease();
    expect(await q.nackBatch(held.get('a2'))).toEqual([REQUEUED]);
    expect(await q.failures(held.get('a2'))).toEqual(['nack']);
    await q.ack(held.get('a1'));
  });

  it('without receipts do the same as with them', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2');
    const held = await q.lease();
    const entries = held.messages.map((message) => ({ ...message, receipt: null }));
    expect(await q.nackBatch(...entries)).toEqual([REQUEUED, REQUEUED]);
    expect(await q.failures(held.get('a1'))).toEqual(['nack']);
    expect(await q.failures(held.get('a2'))).toEqual([]);
  });

  it('remove messages past their retention, also those withdrawn by an earlier entry', async () => {
    const q = await FifoQueue.create(session(), { messageRetentionDays: 1 });
    await q.send('a1', 'a2', 'b1');
    session().clock.advance(DAY_MS - 1_000);
    const held = await q.lease(10, 60_000);
    session().clock.advance(1_000);
    const [, , b1] = await q.nackBatch(held.get('a1'), held.get('a2'), {
      ...held.get('b1'),
      requeue: false,
    });
    expect(b1).toEqual(DEAD);
    expect(await q.project.tally('q')).toEqual({ dlq: 1 });
    expect(await q.dead()).toEqual(['b1']);
  });
});

onEachStoreAndModel('ack batches of FIFO queues', (session) => {
  it('free a message group once all its leased messages are settled', async () => {
    const q = await FifoQueue.create(session());
    await q.send('a1', 'a2', 'a3', 'a4');
    const held = await q.lease(3);
    const { results } = await q.project.run(q.project.ack('q', held.pick('a3', 'a1')));
    expect(results).toMatchObject([{ acked: true }, { acked: true }]);
    expect(await q.next()).toEqual([]);
    await q.ack(held.get('a2'));
    expect(await q.next()).toEqual(['a4']);
  });
});

onEachStoreAndModel('consumes of one FIFO queue in one commit group', (session) => {
  const names = (group: string, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `${group}${index + 1}`);

  it.each([
    // Each gets its own message group.
    [
      [40, 40, 40],
      [1, 30, 5],
      ['a1', ...names('b', 30), ...names('c', 5)],
    ],
    // The first goes on in the next message group, as far as that one goes.
    [
      [1, 40, 40],
      [20, 1],
      ['a1', ...names('b', 19), 'c1'],
    ],
    [
      [2, 1, 1, 40],
      [3, 2, 9],
      ['a1', 'a2', 'b1', 'c1', 'd1'],
    ],
    // Many short ones and a long one.
    [
      [1, 1, 1, 1, 1, 1, 60],
      [50],
      [...'abcdef'].map((group) => `${group}1`).concat(names('g', 44)),
    ],
    [
      [1, 1, 1, 1, ...Array<number>(15).fill(60)],
      [800],
      [
        ...[...'abcd'].map((group) => `${group}1`),
        ...[...'efghijklmnopq'].flatMap((group) => names(group, 60)),
        ...names('r', 16),
      ],
    ],
    [[3, 60, 60], [100], [...names('a', 3), ...names('b', 60), ...names('c', 37)]],
  ])(
    'share groups of %j messages out to wishes of %j in order',
    async (lengths, wishes, expected) => {
      const q = await FifoQueue.create(session());
      for (const [at, length] of lengths.entries())
        await q.send(...names('abcdefghijklmnopqrstuvwxyz'[at] ?? '', length));
      const outcomes = await q.project.group(
        ...wishes.map((maxMessages) => q.project.consume(q.name, { maxMessages })),
      );
      const taken = outcomes.flatMap((outcome) =>
        outcome.ok && 'messages' in outcome ? outcome.messages : [],
      );
      expect(taken.map(nameOf).sort()).toEqual([...expected].sort());
    },
  );
});
