import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Command, Outcome } from '#server/core/commands';
import { createIdSource } from '#server/core/ids';
import type { Store } from '#server/core/store';
import { pause } from '../faults/pause.js';
import { FakeClock } from '../harness/fake-clock.js';
import { STORE_FACTORIES, type StoreFixture } from '../harness/stores.js';
import { CommandBuilder } from '../store-conformance/command-builder.js';
import { named, nameOf } from '../store-conformance/fifo-queue.js';
import { HeldCommit } from './held-commit.js';
import { connectAdmin } from './postgres-nodes.js';

/** Long enough for the other node to answer, if it does not wait itself. */
const LOOK_MS = 1_500;

describe('two nodes at one FIFO group', () => {
  const make = new CommandBuilder('p', createIdSource(new FakeClock()));
  let fixture: StoreFixture;
  let admin: pg.Client;
  let [one, other]: Store[] = [];
  let held: HeldCommit;
  let queues = 0;
  let queue = '';

  beforeAll(async () => {
    const factory = STORE_FACTORIES.find(({ name }) => name === 'postgres');
    fixture = await (factory as (typeof STORE_FACTORIES)[number]).create();
    [one, other] = [await fixture.open(), await fixture.open()];
    admin = await connectAdmin(fixture.url);
    held = await HeldCommit.prepare(admin);
  });
  afterAll(async () => {
    await admin.end();
    await Promise.all([one?.stop(), other?.stop()]);
    await fixture.remove();
  });
  beforeEach(async () => {
    queues += 1;
    queue = `q${queues}`;
    await on(one, make.createQueue(queue, { type: 'fifo', visibilityTimeoutDefaultMs: 600_000 }));
  });
  afterEach(async () => {
    await admin.query('SELECT pg_advisory_unlock_all()');
  });

  async function on<C extends Command>(
    store: Store | undefined,
    command: C,
  ): Promise<Outcome<C['kind']>> {
    return (await (store as Store).apply([command]))[0] as Outcome<C['kind']>;
  }
  const send = (...names: string[]) => on(one, make.publish(queue, names.map(named)));
  const consume = async (store: Store | undefined, maxMessages = 1) => {
    const outcome = await on(store, make.consume(queue, { maxMessages }));
    return outcome.ok ? outcome.messages : [];
  };
  const namesBy = async (store: Store | undefined, maxMessages = 1) =>
    (await consume(store, maxMessages)).map(nameOf);

  /** What this comes to, or that it waits, which is as good as an empty answer. */
  const within = <T>(pending: Promise<T>): Promise<T | 'waits'> =>
    Promise.race([pending, pause(LOOK_MS).then(() => 'waits' as const)]);

  it('a head claimed but not committed: its follower is not given', async () => {
    await send('a1', 'a2', 'a3');
    await held.arm();
    const claiming = namesBy(one);
    await held.reached();
    const looking = namesBy(other, 10);
    expect([[], 'waits']).toContainEqual(await within(looking));
    await held.release();
    expect(await claiming).toEqual(['a1']);
    expect(await looking).toEqual([]);
    expect(await namesBy(other, 10)).toEqual([]);
  });

  it('a head claimed and rolled back: the group begins with it again', async () => {
    await send('a1', 'a2', 'a3');
    await held.arm();
    const claiming = namesBy(one).catch(() => []);
    const pid = await held.reached();
    const looking = namesBy(other, 10);
    expect([[], 'waits']).toContainEqual(await within(looking));
    await held.rollBack(pid);
    // The claim may be made once more by itself, or end in an error; it never leaves a gap.
    const first = [...(await claiming), ...(await looking)];
    const rest = await namesBy(other, 10);
    expect([...first, ...rest]).toEqual(first.length === 1 ? ['a1'] : ['a1', 'a2', 'a3']);
  });

  it('other groups are given meanwhile', async () => {
    await send('a1', 'b1', 'a2', 'b2');
    await held.arm();
    const claiming = namesBy(one);
    await held.reached();
    expect(await namesBy(other, 10)).toEqual(['b1', 'b2']);
    await held.release();
    expect(await claiming).toEqual(['a1']);
  });

  it('a head acked but not committed: its follower waits for the commit', async () => {
    await send('a1', 'a2');
    const [a1] = await consume(one);
    await held.arm();
    const acking = on(one, make.ack(queue, a1 as NonNullable<typeof a1>));
    await held.reached();
    const looking = namesBy(other);
    expect([[], 'waits']).toContainEqual(await within(looking));
    await held.release();
    expect(await acking).toMatchObject({ results: [{ acked: true }] });
    const early = await looking;
    expect(early.length > 0 ? early : await namesBy(other)).toEqual(['a2']);
  });

  it('a head that goes back, committed: its follower’s receipt is lost on the other node', async () => {
    await send('a1', 'a2');
    const [a1, a2] = await consume(one, 2);
    await held.arm();
    const nacking = on(one, make.nack(queue, a1 as NonNullable<typeof a1>));
    await held.reached();
    const acking = on(other, make.ack(queue, a2 as NonNullable<typeof a2>));
    // It cannot be known yet, so the answer has to wait.
    expect(await within(acking)).toBe('waits');
    await held.release();
    expect(await nacking).toMatchObject({ results: [{ nacked: true }] });
    expect(await acking).toMatchObject({ ok: false, code: 'LEASE_LOST' });
    expect(await namesBy(other, 10)).toEqual(['a1', 'a2']);
  });

  it('race for heads many times over: never two of a group', async () => {
    for (let round = 0; round < 40; round += 1) {
      await send(`a${2 * round}`, `a${2 * round + 1}`);
      for (let at = 0; at < 2; at += 1) {
        const [left = [], right = []] = await Promise.all([consume(one), consume(other)]);
        const both = [...left, ...right];
        const [head] = both.length > 0 ? both : await consume(one);
        expect(both.length).toBeLessThanOrEqual(1);
        if (head === undefined) throw new Error(`round ${round}: nobody was given the head`);
        expect(nameOf(head)).toBe(`a${2 * round + at}`);
        await on(other, make.ack(queue, head));
      }
    }
  });

  it('publish under one deduplication id at once: one message, and its id for both', async () => {
    for (let round = 0; round < 30; round += 1) {
      const message = { ...named('a1'), deduplicationId: `d${round}` };
      const outcomes = await Promise.all(
        [one, other, one, other].map((store) => on(store, make.publish(queue, [message]))),
      );
      const ids = outcomes.map((outcome) => (outcome.ok ? outcome.messageIds[0] : outcome.code));
      expect(new Set(ids).size).toBe(1);
    }
    const stats = await one?.read({ kind: 'stats', project: 'p', queue });
    expect(stats).toMatchObject({ available: 30 });
  });

  it('a naive claim of messages loses this race, so that the tests above can fail', async () => {
    await admin.query(`
      CREATE TABLE naive (seq int PRIMARY KEY, group_id text, state int DEFAULT 0);
      INSERT INTO naive (seq, group_id) VALUES (1, 'a'), (2, 'a')`);
    const claim = `
      UPDATE naive SET state = 1 WHERE seq = (
        SELECT m.seq FROM naive m WHERE m.state = 0 AND NOT EXISTS (
            SELECT 1 FROM naive h WHERE h.group_id = m.group_id AND h.state = 1)
         ORDER BY m.seq LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING seq`;
    const second = new pg.Client(fixture.url);
    await second.connect();
    await admin.query('BEGIN');
    const claimed = await admin.query(claim);
    const taken = await second.query(claim);
    await admin.query('COMMIT');
    await second.end();
    expect(claimed.rows).toEqual([{ seq: 1 }]);
    // The head is locked, so it is skipped; it is not leased yet for all that this node can see.
    expect(taken.rows).toEqual([{ seq: 2 }]);
  });
});
