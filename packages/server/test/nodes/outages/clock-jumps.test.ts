import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LeasedMessage } from '#server/core/commands/commands';
import { createIdSource } from '#server/core/ids';
import type { Store } from '#server/core/store/store';
import { pause } from '../../faults/load/pause.js';
import { FakeClock } from '../../harness/fake-clock.js';
import { STORE_FACTORIES, type StoreFactory, type StoreFixture } from '../../harness/stores.js';
import { CommandBuilder } from '../../store-conformance/command-builder.js';
import { connectAdmin } from '../postgres-nodes.js';
import { makeClockSettable, setClock } from '../skewed-clock.js';
import { on } from '../two-stores.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const JUMPS_MS = [HOUR_MS, -HOUR_MS, -10 * MINUTE_MS, 8 * DAY_MS];

describe("a jump of the database's clock", () => {
  const make = new CommandBuilder('p', createIdSource(new FakeClock()));
  let fixture: StoreFixture;
  let admin: pg.Client;
  let one: Store;
  let other: Store;
  let queues = 0;

  beforeAll(async () => {
    fixture = await (
      STORE_FACTORIES.find(({ name }) => name === 'postgres') as StoreFactory
    ).create();
    admin = await connectAdmin(fixture.url);
    await makeClockSettable(admin);
    one = await fixture.open();
    other = await fixture.open();
  });
  afterEach(async () => {
    await setClock(admin, 0);
    await untilCorrected(0);
  });
  afterAll(async () => {
    await Promise.all([one.stop(), other.stop()]);
    await admin.end();
    await fixture.remove();
  });

  const newQueue = async (settings = {}): Promise<string> => {
    queues += 1;
    const name = `q${queues}`;
    await on(one, make.createQueue(name, settings));
    return name;
  };
  const consume = async (store: Store, queue: string): Promise<readonly LeasedMessage[]> => {
    const outcome = await on(store, make.consume(queue, { maxMessages: 10 }));
    return outcome.ok ? outcome.messages : [];
  };
  const offsetMs = async (): Promise<number> => {
    const { rows } = await admin.query('SELECT offset_ms FROM millrace.store_clock');
    return Number(rows[0].offset_ms);
  };
  /** Nodes notice the jump while they work. */
  async function untilCorrected(jumpMs: number): Promise<void> {
    while (Math.abs((await offsetMs()) + jumpMs) > 3_000) {
      await one.apply([]);
      await pause(20);
    }
    // Each node does this every two seconds.
    await other.apply([]);
  }
  const bodies = (messages: readonly LeasedMessage[]): string[] =>
    messages.map(({ payload }) => payload);

  it.each(JUMPS_MS)('of %d ms removes no message and ends no lease', async (jumpMs) => {
    const queue = await newQueue({ visibilityTimeoutDefaultMs: MINUTE_MS, maxRetries: 0 });
    await on(one, make.publish(queue, [{}, {}, {}, {}, {}]));
    const early = await on(one, make.consume(queue, { maxMessages: 2 }));
    const held = early.ok ? early.messages : [];

    await setClock(admin, jumpMs);
    const during = await consume(other, queue);
    expect(during).toHaveLength(3);
    await on(one, { kind: 'settleDue', limit: 100 });
    await on(other, { kind: 'expire', afterQueueId: 0, limit: 100 });
    const [extended, acked] = held as [LeasedMessage, LeasedMessage];
    expect(await on(one, make.extend(queue, extended, MINUTE_MS))).toMatchObject({ ok: true });
    expect(await on(other, make.ack(queue, acked))).toMatchObject({ ok: true });

    await untilCorrected(jumpMs);
    await on(one, { kind: 'settleDue', limit: 100 });
    await on(other, { kind: 'expire', afterQueueId: 0, limit: 100 });
    for (const message of [extended, ...during]) {
      const outcome = await on(other, make.ack(queue, message));
      expect(outcome).toMatchObject({ ok: true, results: [{ acked: true }] });
    }
    expect(await consume(one, queue)).toEqual([]);
  });

  it.each(JUMPS_MS)(
    'of %d ms does not shift delays or leases that begin during it',
    async (jumpMs) => {
      const queue = await newQueue();
      // Commit groups of this node assume the queue from now on, and learn the time with their commit.
      for (let index = 0; index < 3; index += 1) await on(one, make.publish(queue, [{}]));
      expect(await consume(one, queue)).toHaveLength(3);
      await setClock(admin, jumpMs);
      const beforeMs = one.clock.nowMs();
      await on(one, make.publish(queue, [{ delayMs: MINUTE_MS }, {}]));
      const [leased] = await consume(one, queue);
      const afterMs = one.clock.nowMs();
      expect(leased?.leaseExpiresAtMs).toBeGreaterThanOrEqual(beforeMs + 30_000);
      expect(leased?.leaseExpiresAtMs).toBeLessThanOrEqual(afterMs + 30_000 + 3_000);
      const { rows } = await admin.query(
        'SELECT due_at_ms FROM millrace.messages WHERE state = 2 ORDER BY seq DESC LIMIT 1',
      );
      const dueAtMs = Number(rows[0].due_at_ms);
      expect(dueAtMs).toBeGreaterThanOrEqual(beforeMs + MINUTE_MS);
      expect(dueAtMs).toBeLessThanOrEqual(afterMs + MINUTE_MS + 3_000);
      await untilCorrected(jumpMs);
      // Store time went on all the while, also for a node that starts now.
      const third = await fixture.open();
      expect(Math.abs(third.clock.nowMs() - one.clock.nowMs())).toBeLessThan(3_000);
      await third.stop();
    },
  );

  it('is corrected although one node started during it and did not see it come', async () => {
    await setClock(admin, DAY_MS);
    const late = await fixture.open();
    expect(late.clock.nowMs() - one.clock.nowMs()).toBeGreaterThan(HOUR_MS);
    await untilCorrected(DAY_MS);
    while (late.clock.nowMs() - one.clock.nowMs() > HOUR_MS) {
      await late.apply([]);
      await pause(20);
    }
    expect(await offsetMs()).toBeLessThan(-DAY_MS + HOUR_MS);
    await late.stop();
  });

  it('does not change the order of messages published through several nodes', async () => {
    const queue = await newQueue();
    const published: string[] = [];
    for (const jumpMs of [0, DAY_MS, -DAY_MS, 0]) {
      await setClock(admin, jumpMs);
      for (const store of [one, other]) {
        const payload = JSON.stringify(published.length);
        await on(store, make.publish(queue, [{ payload }]));
        published.push(payload);
      }
    }
    expect(bodies(await consume(other, queue))).toEqual(published);
  });
});
