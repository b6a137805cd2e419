import pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createGroupCommit } from '#server/core/commit-groups/group-commit';
import { createIdSource } from '#server/core/ids';
import type { Store } from '#server/core/store/store';
import { pause } from '../faults/load/pause.js';
import { FakeClock } from '../harness/fake-clock.js';
import { CommandBuilder } from '../store-conformance/command-builder.js';
import { named, nameOf } from '../store-conformance/fifo/fifo-queue.js';
import { HeldCommit } from './held-commit.js';
import { on, useTwoStores } from './two-stores.js';

/** Long enough for the other node to answer, unless it waits. */
const LOOK_MS = 1_500;

describe('two nodes that work on one message group', () => {
  const make = new CommandBuilder('p', createIdSource(new FakeClock()));
  const stores = useTwoStores();
  let held: HeldCommit;
  let queues = 0;
  let queue = '';

  beforeAll(async () => {
    held = await HeldCommit.prepare(stores.admin);
  });
  beforeEach(async () => {
    queues += 1;
    queue = `q${queues}`;
    await on(
      stores.one,
      make.createQueue(queue, { type: 'fifo', visibilityTimeoutDefaultMs: 600_000 }),
    );
  });
  afterEach(async () => {
    await stores.admin.query('SELECT pg_advisory_unlock_all()');
  });

  const send = (...names: string[]) => on(stores.one, make.publish(queue, names.map(named)));
  const consume = async (store: Store, maxMessages = 1) => {
    const outcome = await on(store, make.consume(queue, { maxMessages }));
    return outcome.ok ? outcome.messages : [];
  };
  const namesBy = async (store: Store, maxMessages = 1) =>
    (await consume(store, maxMessages)).map(nameOf);

  /** The result, or 'waits' when none comes in time, which is as good as an empty answer. */
  const within = <T>(pending: Promise<T>): Promise<T | 'waits'> =>
    Promise.race([pending, pause(LOOK_MS).then(() => 'waits' as const)]);

  it('do not deliver the next message while the claim of the head is uncommitted', async () => {
    await send('a1', 'a2', 'a3');
    await held.arm();
    const claiming = namesBy(stores.one);
    await held.reached();
    const looking = namesBy(stores.other, 10);
    expect([[], 'waits']).toContainEqual(await within(looking));
    await held.release();
    expect(await claiming).toEqual(['a1']);
    expect(await looking).toEqual([]);
    expect(await namesBy(stores.other, 10)).toEqual([]);
  });

  it('begin with the head again after its claim was rolled back', async () => {
    await send('a1', 'a2', 'a3');
    await held.arm();
    const claiming = namesBy(stores.one).catch(() => []);
    const pid = await held.reached();
    const looking = namesBy(stores.other, 10);
    expect([[], 'waits']).toContainEqual(await within(looking));
    await held.rollBack(pid);
    // The claim may be retried by itself, or end in an error; it never leaves a gap.
    const first = [...(await claiming), ...(await looking)];
    const rest = await namesBy(stores.other, 10);
    expect([...first, ...rest]).toEqual(first.length === 1 ? ['a1'] : ['a1', 'a2', 'a3']);
  });

  it('deliver other message groups while the claim of a head is uncommitted', async () => {
    await send('a1', 'b1', 'a2', 'b2');
    await held.arm();
    const claiming = namesBy(stores.one);
    await held.reached();
    expect(await namesBy(stores.other, 10)).toEqual(['b1', 'b2']);
    await held.release();
    expect(await claiming).toEqual(['a1']);
  });

  it('deliver the next message only after the ack of the head has committed', async () => {
    await send('a1', 'a2');
    const [a1] = await consume(stores.one);
    await held.arm();
    const acking = on(stores.one, make.ack(queue, a1 as NonNullable<typeof a1>));
    await held.reached();
    const looking = namesBy(stores.other);
    expect([[], 'waits']).toContainEqual(await within(looking));
    await held.release();
    expect(await acking).toMatchObject({ results: [{ acked: true }] });
    const early = await looking;
    expect(early.length > 0 ? early : await namesBy(stores.other)).toEqual(['a2']);
  });

  it('refuse the receipt of a later message once the head was nacked on the other node', async () => {
    await send('a1', 'a2');
    const [a1, a2] = await consume(stores.one, 2);
    await held.arm();
    const nacking = on(stores.one, make.nack(queue, a1 as NonNullable<typeof a1>));
    await held.reached();
    // Through commit groups, which keep waiting where a single try meets a lock.
    const commit = createGroupCommit(stores.other);
    const acking = commit.submit(make.ack(queue, a2 as NonNullable<typeof a2>));
    // The outcome cannot be known yet, so the answer must wait.
    expect(await within(acking)).toBe('waits');
    await held.release();
    expect(await nacking).toMatchObject({ results: [{ nacked: true }] });
    expect(await acking).toMatchObject({ ok: false, code: 'LEASE_LOST' });
    expect(await namesBy(stores.other, 10)).toEqual(['a1', 'a2']);
  });

  it('never lease two messages of the message group at once, in 40 races for the head', async () => {
    for (let round = 0; round < 40; round += 1) {
      await send(`a${2 * round}`, `a${2 * round + 1}`);
      for (let at = 0; at < 2; at += 1) {
        const [left = [], right = []] = await Promise.all([
          consume(stores.one),
          consume(stores.other),
        ]);
        const both = [...left, ...right];
        const [head] = both.length > 0 ? both : await consume(stores.one);
        expect(both.length).toBeLessThanOrEqual(1);
        if (head === undefined) throw new Error(`round ${round}: no node delivered the head`);
        expect(nameOf(head)).toBe(`a${2 * round + at}`);
        await on(stores.other, make.ack(queue, head));
      }
    }
  });

  it('store one message for concurrent publishes with one deduplication id, and return its id to all', async () => {
    for (let round = 0; round < 30; round += 1) {
      const message = { ...named('a1'), deduplicationId: `d${round}` };
      const outcomes = await Promise.all(
        [stores.one, stores.other, stores.one, stores.other].map((store) =>
          on(store, make.publish(queue, [message])),
        ),
      );
      const ids = outcomes.map((outcome) => (outcome.ok ? outcome.messageIds[0] : outcome.code));
      expect(new Set(ids).size).toBe(1);
    }
    const stats = await stores.one.read({ kind: 'stats', project: 'p', queue });
    expect(stats).toMatchObject({ available: 30 });
  });

  it('leave each other the messages that do not fit into an answer', async () => {
    const standard = `standard-${queues}`;
    await on(stores.one, make.createQueue(standard));
    const payloads = Array.from({ length: 100 }, (_, n) => ({ payload: `"${n}"` }));
    await on(stores.one, make.publish(standard, payloads));
    await held.arm();
    // Ten kilobytes are some fifteen small messages.
    const consume = make.consume(standard, { maxMessages: 1_000, maxBytes: 10_000 });
    const consuming = on(stores.one, consume);
    await held.reached();
    const other = await on(stores.other, make.consume(standard, { maxMessages: 5 }));
    expect(other).toMatchObject({ ok: true, messages: { length: 5 } });
    await held.release();
    const { messages } = (await consuming) as { messages: readonly unknown[] };
    expect(messages.length).toBeGreaterThan(10);
  });

  it('would both get a message from a naive claim, so that the tests above can fail', async () => {
    await stores.admin.query(`
      CREATE TABLE naive (seq int PRIMARY KEY, group_id text, state int DEFAULT 0);
      INSERT INTO naive (seq, group_id) VALUES (1, 'a'), (2, 'a')`);
    const claim = `
      UPDATE naive SET state = 1 WHERE seq = (
        SELECT m.seq FROM naive m WHERE m.state = 0 AND NOT EXISTS (
            SELECT 1 FROM naive h WHERE h.group_id = m.group_id AND h.state = 1)
         ORDER BY m.seq LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING seq`;
    const second = new pg.Client(stores.url);
    await second.connect();
    await stores.admin.query('BEGIN');
    const claimed = await stores.admin.query(claim);
    const taken = await second.query(claim);
    await stores.admin.query('COMMIT');
    await second.end();
    expect(claimed.rows).toEqual([{ seq: 1 }]);
    // The head is locked, so it is skipped; this node cannot see yet that it is leased.
    expect(taken.rows).toEqual([{ seq: 2 }]);
  });
});
