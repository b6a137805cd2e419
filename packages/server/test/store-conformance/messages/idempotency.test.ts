import { expect, it } from 'vitest';
import type { Idempotency } from '#server/core/commands/queue-command';
import { countRows } from '../../harness/row-counts.js';
import { onEachStore } from '../store-session.js';

const key = (given: Partial<Idempotency> = {}): { idempotency: Idempotency } => ({
  idempotency: {
    capability: 'queue.publish',
    key: 'k',
    fingerprint: 'f',
    windowMs: 86_400_000,
    ...given,
  },
});

onEachStore('an idempotency key', (session) => {
  it('replays the first answer without a second effect', async () => {
    const project = session().project();
    await project.create('q');
    const first = await project.run(project.publish('q', ['1'], key()));
    const second = await project.run(project.publish('q', ['1'], key()));
    expect(first.replayed).toBe(false);
    expect(second).toEqual({ ...first, replayed: true });
    expect(await project.tally('q')).toEqual({ available: 1 });
  });

  it('refuses another request, which then has no effect', async () => {
    const project = session().project();
    await project.create('q');
    await project.run(project.publish('q', ['1'], key()));
    const other = project.publish('q', ['2'], key({ fingerprint: 'g' }));
    expect(await project.refused(other)).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(await project.payloads('q')).toEqual(['1']);
  });

  it("is recorded with the command's effect: a retry in the same commit group is a replay", async () => {
    const project = session().project();
    await project.create('q');
    const outcomes = await project.group(
      project.publish('q', ['1'], key()),
      project.publish('q', ['1'], key()),
    );
    expect(outcomes).toMatchObject([{ replayed: false }, { replayed: true }]);
    expect(await project.tally('q')).toEqual({ available: 1 });
  });

  it('is not recorded for a command that failed', async () => {
    const project = session().project();
    const command = project.publish('q', ['1'], key());
    expect(await project.refused(command)).toBe('QUEUE_NOT_FOUND');
    await project.create('q');
    expect((await project.run(command)).replayed).toBe(false);
  });

  it('is not recorded for a lost lease', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1');
    const message = await project.receiveOne('q');
    const withKey = key({ capability: 'queue.ack' });
    const stale = project.ack('q', { ...message, receipt: 'stale' }, withKey);
    expect(await project.refused(stale)).toBe('LEASE_LOST');
    expect((await project.run(project.ack('q', message, withKey))).replayed).toBe(false);
  });

  it('is recorded with an answer of no effect, such as acked:false', async () => {
    const project = session().project();
    await project.create('q');
    const command = project.ack('q', { messageId: 'unknown', receipt: null }, key());
    const first = await project.run(command);
    expect(first.results).toMatchObject([{ acked: false }]);
    expect(await project.run(command)).toEqual({ ...first, replayed: true });
  });

  it('is forgotten when its window is over', async () => {
    const project = session().project();
    await project.create('q');
    const withKey = key({ windowMs: 5_000 });
    await project.run(project.publish('q', ['1'], withKey));
    session().clock.advance(4_999);
    expect((await project.run(project.publish('q', ['1'], withKey))).replayed).toBe(true);
    session().clock.advance(1);
    const other = project.publish('q', ['2'], key({ windowMs: 5_000, fingerprint: 'g' }));
    expect((await project.run(other)).replayed).toBe(false);
    // The new record has its own window.
    session().clock.advance(4_999);
    expect((await project.run(other)).replayed).toBe(true);
  });

  it('is separate for each queue, capability and project', async () => {
    const [project, other] = [session().project(), session().project()];
    for (const queue of ['q', 'r']) await project.create(queue);
    await other.create('q');
    await project.run(project.publish('q', ['1'], key()));
    const elsewhere = [
      project.publish('r', ['1'], key()),
      project.consume('q', key({ capability: 'queue.consume' })),
      other.publish('q', ['1'], key()),
    ];
    for (const command of elsewhere) {
      expect((await project.run(command)).replayed).toBe(false);
    }
  });

  it('replays a creation, and refuses another queue', async () => {
    const project = session().project();
    const withKey = key({ capability: 'queue.create' });
    const first = await project.run(project.createQueue('q', { maxRetries: 9 }, withKey));
    session().clock.advance(1_000);
    expect(await project.run(project.createQueue('q', { maxRetries: 9 }, withKey))).toEqual({
      ...first,
      replayed: true,
    });
    const other = project.createQueue('r', {}, key({ ...withKey.idempotency, fingerprint: 'g' }));
    expect(await project.refused(other)).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it('lets a nack count once, however often it is sent', async () => {
    const project = session().project();
    await project.create('q', { maxRetries: 1 });
    await project.send('q', '1');
    const message = await project.receiveOne('q');
    const command = project.nack('q', message, key({ capability: 'queue.nack' }));
    const first = await project.run(command);
    await project.receiveOne('q');
    expect(await project.run(command)).toEqual({ ...first, replayed: true });
    expect(await project.tally('q')).toEqual({ inFlight: 1 });
  });

  it('replays an auto-creating publish into the queue it created', async () => {
    const project = session().project();
    const more = { autoCreate: true, ...key() };
    const first = await project.run(project.publish('q', ['1'], more));
    expect(await project.run(project.publish('q', ['1'], more))).toEqual({
      ...first,
      replayed: true,
    });
  });
});

onEachStore('an idempotency key of a consume', (session) => {
  const consumeKey = key({ capability: 'queue.consume' });

  it('returns the same messages with the same receipts', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1', '2', '3');
    const first = await project.run(project.consume('q', { maxMessages: 2, ...consumeKey }));
    session().clock.advance(1_000);
    const again = await project.run(project.consume('q', { maxMessages: 2, ...consumeKey }));
    expect(again).toEqual({ ...first, replayed: true });
    expect(await project.tally('q')).toEqual({ available: 1, inFlight: 2 });
  });

  it('returns only messages that are still leased, with their current lease', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1', '2', '3', '4');
    const { messages } = await project.run(project.consume('q', consumeKey));
    const [acked, nacked, extended, untouched] = messages as [
      (typeof messages)[number],
      (typeof messages)[number],
      (typeof messages)[number],
      (typeof messages)[number],
    ];
    await project.run(project.ack('q', acked));
    await project.run(project.nack('q', nacked));
    // Another consumer has it now, with another receipt.
    await project.receiveOne('q');
    const { leaseExpiresAtMs } = await project.run(project.extend('q', extended, 99_000));
    const again = await project.run(project.consume('q', consumeKey));
    expect(again.replayed).toBe(true);
    expect(again.messages).toEqual([{ ...extended, leaseExpiresAtMs }, untouched]);
  });

  it('returns no message whose lease ran out, however many run out together', async () => {
    const project = session().project();
    await project.create('q', { visibilityTimeoutDefaultMs: 1_000 });
    await project.run(project.publish('q', Array<string>(600).fill('1')));
    const consume = () => project.consume('q', { maxMessages: 600, ...consumeKey });
    const first = await project.run(consume());
    session().clock.advance(5_000);
    const second = await project.run(consume());
    expect(second.replayed).toBe(false);
    const old = new Set(first.messages.map(({ receipt }) => receipt));
    expect(second.messages.filter(({ receipt }) => old.has(receipt))).toEqual([]);
    // The next tests need a store without leases that are due.
    session().clock.advance(1_000);
    for (let groups = 0; groups < 6; groups += 1) await project.send('q', '1');
  });

  it('lets the call run again when no message is still leased, and records the new answer', async () => {
    const project = session().project();
    await project.create('q', { visibilityTimeoutDefaultMs: 1_000 });
    await project.send('q', '1');
    const first = await project.run(project.consume('q', consumeKey));
    session().clock.advance(1_000);
    const second = await project.run(project.consume('q', consumeKey));
    expect(second.replayed).toBe(false);
    expect(second.messages).toHaveLength(1);
    expect(second.messages[0]?.receipt).not.toBe(first.messages[0]?.receipt);
    expect(await project.run(project.consume('q', consumeKey))).toEqual({
      ...second,
      replayed: true,
    });
  });

  it('is not recorded with an empty answer', async () => {
    const project = session().project();
    await project.create('q');
    expect((await project.run(project.consume('q', consumeKey))).messages).toEqual([]);
    await project.send('q', '1');
    const found = await project.run(project.consume('q', consumeKey));
    expect(found).toMatchObject({ replayed: false, messages: [{ payload: '1' }] });
  });

  it('refuses another consume', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1');
    await project.run(project.consume('q', consumeKey));
    const other = key({ capability: 'queue.consume', fingerprint: 'g' });
    expect(await project.refused(project.consume('q', other))).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it('ends with the last of its leases, before its window: then the key is free', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1', '2');
    const leased = { maxMessages: 1, visibilityTimeoutMs: 5_000 };
    const first = await project.run(project.consume('q', { ...leased, ...consumeKey }));
    const other = key({ capability: 'queue.consume', fingerprint: 'g' });
    session().clock.advance(4_999);
    expect(await project.run(project.consume('q', consumeKey))).toEqual({
      ...first,
      replayed: true,
    });
    expect(await project.refused(project.consume('q', other))).toBe('IDEMPOTENCY_KEY_REUSED');
    session().clock.advance(1);
    expect((await project.run(project.consume('q', other))).messages).toHaveLength(2);
  });

  it('lasts as long as its leases, also beyond its window', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1');
    const short = key({ capability: 'queue.consume', windowMs: 1_000 });
    const command = project.consume('q', { visibilityTimeoutMs: 60_000, ...short });
    const first = await project.run(command);
    session().clock.advance(59_999);
    expect(await project.run(command)).toEqual({ ...first, replayed: true });
  });

  it('is not prolonged by an extend: then the call runs again, and the extended lease stays', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1', '2');
    const leased = { maxMessages: 1, visibilityTimeoutMs: 5_000 };
    const command = project.consume('q', { ...leased, ...consumeKey });
    const [held] = (await project.run(command)).messages;
    const extended = held as NonNullable<typeof held>;
    await project.run(project.extend('q', extended, 60_000));
    session().clock.advance(5_000);
    const again = await project.run(command);
    expect(again).toMatchObject({ replayed: false, messages: [{ payload: '2' }] });
    const { results } = await project.run(project.ack('q', extended));
    expect(results).toMatchObject([{ acked: true }]);
  });

  it('leaves no record behind when its leases have ended', async () => {
    const project = session().project();
    await project.create('q');
    const records = async () => (await countRows(session().fixture.url)).idempotency ?? 0;
    await session().restart();
    const before = await records();
    for (const n of ['1', '2', '3']) {
      await project.send('q', n);
      const one = key({ capability: 'queue.consume', key: n });
      const [message] = (await project.run(project.consume('q', one))).messages;
      await project.run(project.ack('q', message as NonNullable<typeof message>));
    }
    expect(await records()).toBe(before + 3);
    for (let count = 0; count < 3; count += 1) {
      session().clock.advance(30_000);
      await project.group();
    }
    await session().restart();
    expect(await records()).toBe(0);
  });
});
