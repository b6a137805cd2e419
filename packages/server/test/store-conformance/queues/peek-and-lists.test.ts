import { expect, it } from 'vitest';
import type { StoredMessage } from '#server/core/commands/commands';
import { answerBytes } from '#server/core/store/answer-size';
import { onEachStore } from '../store-session.js';

/** The size in an answer of a message with three bytes of payload and no other text. */
const ROOM_FOR_ONE = answerBytes(3, {
  groupId: null,
  deduplicationId: null,
  lastError: null,
  sourceQueue: null,
} as StoredMessage);

onEachStore('a peek', (session) => {
  it('shows available messages in the order of delivery, then leased, then delayed ones', async () => {
    const project = session().project();
    await project.create('q', { enablePriority: true });
    await project.send('q', '"first"', '"second"');
    const [first, second] = await project.receive('q', 2, 9_000);
    if (first === undefined || second === undefined) throw new Error('nothing received');
    await project.run(project.extend('q', first, 20_000));
    await project.send('q', '"low"', { payload: '"high"', priority: 9 }, '"low too"');
    await project.send('q', { payload: '"later"', delayMs: 8_000 });
    await project.send('q', { payload: '"soon"', delayMs: 5_000 });
    const all = await project.peek('q');
    expect(all.next).toBeNull();
    const [available, leased, delayed] = await Promise.all(
      (['available', 'leased', 'delayed'] as const).map((state) => project.peek('q', { state })),
    );
    expect(available?.payloads).toEqual(['"high"', '"low"', '"low too"']);
    expect(leased?.payloads).toEqual(['"second"', '"first"']);
    expect(delayed?.payloads).toEqual(['"soon"', '"later"']);
    const parts = [available, leased, delayed].flatMap((page) => page?.items ?? []);
    expect(all.items).toEqual(parts);
    const nowMs = session().clock.nowMs();
    expect(leased?.items[0]).toMatchObject({ dueAtMs: nowMs + 9_000, deliveryCount: 1 });
    expect(delayed?.items[0]).toMatchObject({ dueAtMs: nowMs + 5_000, deliveryCount: 0 });
    expect(available?.items[0]).toMatchObject({ dueAtMs: null, failures: [] });
  });

  it('changes nothing', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1', '2');
    const before = await project.counts('q');
    expect((await project.peek('q')).payloads).toEqual(['1', '2']);
    expect(await project.counts('q')).toEqual(before);
    expect((await project.receiveOne('q')).deliveryCount).toBe(1);
  });

  it('continues from a cursor across all states, in pages of any size', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '0', '1', '2');
    await project.receive('q', 2);
    await project.send('q', '3', { payload: '4', delayMs: 1_000 }, { delayMs: 1_000 });
    const whole = (await project.peek('q')).items.map(({ messageId }) => messageId);
    expect(whole).toHaveLength(6);
    for (const limit of [1, 2, 3, 4, 6]) {
      const seen: string[] = [];
      let after: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof project.peek>> = await project.peek('q', {
          after,
          limit,
        });
        expect(page.items.length).toBeGreaterThan(0);
        seen.push(...page.items.map(({ messageId }) => messageId));
        after = page.next;
      } while (after !== null);
      expect(seen).toEqual(whole);
    }
  });

  it('returns cursors that survive changes between two pages', async () => {
    const project = session().project();
    await project.create('q', { enablePriority: true });
    await project.send('q', '1', '2', '3', '4', '5');
    const first = await project.peek('q', { limit: 2 });
    expect(first.payloads).toEqual(['1', '2']);
    // The message that the cursor names is removed, one beyond it too, and others come before and after.
    for (const message of (await project.receive('q', 3)).slice(1)) {
      await project.acked('q', message);
    }
    await project.send('q', '6', { payload: '7', priority: 9 });
    const second = await project.peek('q', { limit: 2, state: null, after: first.next });
    expect(second.payloads).toEqual(['4', '5']);
    const third = await project.peek('q', { after: second.next });
    expect(third.payloads).toEqual(['6', '1']);
    expect(third.next).toBeNull();
  });

  it('ends a page at its byte limit, but shows at least one message', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '"a"', '"b"', '"c"');
    const upTo = async (maxBytes: number) => {
      const { payloads, next } = await project.peek('q', { maxBytes });
      return [payloads.length, next !== null];
    };
    expect(await upTo(1)).toEqual([1, true]);
    expect(await upTo(2 * ROOM_FOR_ONE - 1)).toEqual([1, true]);
    expect(await upTo(2 * ROOM_FOR_ONE)).toEqual([2, true]);
    expect(await upTo(3 * ROOM_FOR_ONE)).toEqual([3, false]);
  });

  it('is refused for a cursor that no page ended with', async () => {
    const project = session().project();
    await project.create('q');
    await expect(project.peek('q', { after: 'nonsense' })).rejects.toMatchObject({
      refusal: { code: 'INVALID_REQUEST' },
    });
    await expect(project.deadLetters('q', { after: 'available 1 2' })).rejects.toMatchObject({
      refusal: { code: 'INVALID_REQUEST' },
    });
  });

  it('finds nothing in a queue that does not exist, or belongs to another project', async () => {
    const theirs = session().project();
    await theirs.create('q');
    const [messageId] = await theirs.send('q', '1');
    const { name: project } = session().project();
    const page = { project, queue: 'q', after: null, limit: 10, maxBytes: 1_000 };
    const { store } = session();
    expect(await store.read({ kind: 'peek', state: null, ...page })).toBeNull();
    expect(await store.read({ kind: 'deadLetters', ...page })).toBeNull();
    const query = { kind: 'message', project, queue: 'q', messageId: messageId as string } as const;
    expect(await store.read(query)).toEqual({ queueExists: false, message: null });
  });
});

onEachStore('a look-up of one message', (session) => {
  it('shows its failed deliveries with time, kind, error and key', async () => {
    const project = session().project();
    await project.create('q', { maxRetries: 2 });
    const [messageId] = (await project.send('q', '1')) as [string];
    const consume = (keyId?: string) =>
      project.run({
        ...project.consume('q', { visibilityTimeoutMs: 1_000 }),
        ...(keyId === undefined ? {} : { keyId }),
      });
    const nack = (how: { requeue: boolean; error: string | null }, keyId?: string) =>
      project.run({
        ...project.nack('q', { messageId, receipt: null }, how),
        ...(keyId === undefined ? {} : { keyId }),
      });
    const startMs = session().clock.nowMs();
    await consume('key-a');
    await nack({ requeue: true, error: 'no' }, 'key-b');
    session().clock.advance(500);
    await consume('key-a');
    session().clock.advance(1_000);
    await project.counts('q');
    await consume();
    // A released message has not failed.
    await project.run(project.extend('q', { messageId, receipt: null }, 0));
    await consume('key-c');
    await nack({ requeue: false, error: null });
    const failures = [
      { atMs: startMs, how: 'nack', error: 'no', keyId: 'key-b' },
      { atMs: startMs + 1_500, how: 'expired_lease', error: null, keyId: 'key-a' },
      { atMs: startMs + 1_500, how: 'rejected', error: null, keyId: null },
    ];
    expect(await project.look('q', messageId)).toMatchObject({
      messageId,
      state: 'dead',
      dueAtMs: null,
      deliveryCount: 4,
      failures,
    });
    await project.run(project.redrive('q', { messageId }));
    expect(await project.look('q', messageId)).toMatchObject({ state: 'available', failures });
  });

  it('shows its latest twenty failures', async () => {
    const project = session().project();
    await project.create('q', { maxRetries: 100 });
    const [messageId] = (await project.send('q', '1')) as [string];
    for (let failure = 0; failure < 22; failure += 1) {
      await project.group(
        project.consume('q'),
        project.nack('q', { messageId, receipt: null }, { error: String(failure) }),
      );
    }
    const errors = (await project.look('q', messageId))?.failures.map(({ error }) => error);
    expect(errors).toEqual(Array.from({ length: 20 }, (_, index) => String(index + 2)));
  });

  it('finds it in the queue that keeps it, and nowhere after it is acked', async () => {
    const project = session().project();
    await project.create('dead');
    await project.create('q', { deadLetterQueue: 'dead' });
    const [messageId] = (await project.bury('q', '1')) as [string];
    expect(await project.look('q', messageId)).toBeNull();
    expect(await project.look('q', 'no-id-of-ours')).toBeNull();
    expect(await project.look('dead', messageId)).toMatchObject({
      state: 'available',
      sourceQueue: 'q',
      payload: '1',
    });
    await project.acked('dead', await project.receiveOne('dead'));
    expect(await project.look('dead', messageId)).toBeNull();
  });
});

onEachStore('a list of dead letters', (session) => {
  it('contains those that came from the queue, wherever they are, in the order of their deaths', async () => {
    const project = session().project();
    await project.create('dead');
    await project.create('q', { deadLetterQueue: 'dead' });
    await project.bury('dead', '"of the dead-letter queue itself"');
    await project.bury('q', '1');
    await project.run(project.updateQueue('q', { deadLetterQueue: null }));
    const diedAtMs = session().clock.nowMs();
    await project.bury('q', '2');
    session().clock.advance(1);
    await project.run(project.updateQueue('q', { deadLetterQueue: 'dead' }));
    await project.bury('q', '3');
    const { items, payloads, next } = await project.deadLetters('q');
    expect([payloads, next]).toEqual([['1', '2', '3'], null]);
    expect(items[1]).toMatchObject({
      sourceQueue: 'q',
      deadLetteredAtMs: diedAtMs,
      deadLetterReason: 'rejected',
    });
    expect(items[0]).not.toHaveProperty('receipt');
    const own = await project.deadLetters('dead');
    expect(own.payloads).toEqual(['"of the dead-letter queue itself"']);
  });

  it('has cursors that survive redrives, deaths and acks between two pages', async () => {
    const project = session().project();
    await project.create('dead');
    await project.create('q', { deadLetterQueue: 'dead' });
    const ids = await project.bury('q', '0', '1', '2', '3', '4');
    const first = await project.deadLetters('q', { limit: 2 });
    expect(first.payloads).toEqual(['0', '1']);
    await project.run(project.redrive('q', { messageId: ids[1] as string }));
    await project.run(project.purgeDead('q', { messageId: ids[3] as string }));
    // The redriven one is received first, and becomes a dead letter again.
    await project.bury('q', '5', '6');
    const second = await project.deadLetters('q', { limit: 2, after: first.next });
    expect(second.payloads).toEqual(['2', '4']);
    const third = await project.deadLetters('q', { limit: 10, after: second.next });
    expect(third.payloads).toEqual(['1', '5']);
    expect(third.next).toBeNull();
  });

  it('ends a page at its byte limit', async () => {
    const project = session().project();
    await project.create('q');
    await project.bury('q', '"a"', '"b"', '"c"');
    const first = await project.deadLetters('q', { maxBytes: 1 });
    expect(first.payloads).toEqual(['"a"']);
    const second = await project.deadLetters('q', { after: first.next, maxBytes: 1_000_000 });
    expect(second.payloads).toEqual(['"b"', '"c"']);
  });
});
