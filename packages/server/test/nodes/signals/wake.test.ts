import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pause } from '../../faults/load/pause.js';
import type { Json } from '../../harness/http-server.js';
import type { QueueClient } from '../../harness/queue-client.js';
import {
  connectAdmin,
  listeningPids,
  median,
  type PostgresNodes,
  startNodes,
  terminate,
} from '../postgres-nodes.js';

/** How often a wait polls by itself. A signal arrives long before. */
const SAFETY_POLL_MS = 2_000;
const ROUNDS = 20;

describe('a long poll on one node', () => {
  let nodes: PostgresNodes;
  let admin: pg.Client;
  let publisher: QueueClient;
  let waiter: QueueClient;
  let waitersListener: number[];

  beforeAll(async () => {
    nodes = await startNodes(1);
    admin = await connectAdmin(nodes.fixture.url);
    const known = await listeningPids(admin);
    await nodes.add();
    waitersListener = (await listeningPids(admin)).filter((pid) => !known.includes(pid));
    expect([known.length, waitersListener.length]).toEqual([1, 1]);
    [publisher, waiter] = nodes.clients as [QueueClient, QueueClient];
  });
  afterAll(async () => {
    await admin.end();
    await nodes.stop();
  });

  it('is woken by a publish on another', async () => {
    await expectSignals('publish', async (queue) => {
      await publisher.publish(queue);
    });
  });

  it('is woken by a message released on another node', async () => {
    await expectSignals('give back', async (queue, held) => {
      await publisher.extend(queue, held.message_id, 0, { receipt: held.receipt });
    });
  });

  it('is woken by a delay that ends for a publish on another node', async () => {
    const delayMs = 100;
    await expectSignals(
      'delay',
      async (queue) => {
        await publisher.publish(queue, 'delayed', { delay_seconds: delayMs / 1_000 });
        await pause(delayMs);
      },
      10,
    );
  });

  it('is woken for each message that comes, on whichever node it waits', async () => {
    const latenciesMs: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      const queue = await publisher.newQueue();
      const polls = Array.from({ length: 20 }, (_, turn) =>
        (nodes.clients[turn % 2] as QueueClient).take(queue, { wait_seconds: 20 }),
      );
      await pause(200);
      const startedAtMs = performance.now();
      const published = await Promise.all(polls.map((_, turn) => publisher.publish(queue, turn)));
      const taken = await Promise.all(polls);
      latenciesMs.push(performance.now() - startedAtMs);
      expect(taken.map(({ message_id }) => message_id).sort()).toEqual(published.sort());
    }
    expectOftenWoken(latenciesMs);
  });

  it('is woken by a publish on a node that started after the wait began', async () => {
    const latenciesMs: number[] = [];
    const withoutWaitMs: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const queue = await publisher.newQueue();
      const polled = waiter.take(queue, { wait_seconds: 20 });
      await pause(100);
      const late = await nodes.add();
      const publish = (to: string) =>
        late.call('POST', '/v1/queue/publish', { queue: to, payload: 1 });
      const startedAtMs = performance.now();
      await publish(queue);
      await polled;
      latenciesMs.push(performance.now() - startedAtMs);
      const other = await publisher.newQueue();
      const beganAtMs = performance.now();
      await publish(other);
      await waiter.take(other);
      withoutWaitMs.push(performance.now() - beganAtMs);
    }
    print('a new node', latenciesMs);
    expect(total(latenciesMs) - total(withoutWaitMs)).toBeLessThan(3 * SAFETY_POLL_MS * 0.4);
  });

  it('leases nothing that is published after its client has hung up', async () => {
    const queue = await publisher.newQueue();
    const hangUp = new AbortController();
    const polled = waiter.post('consume', { queue, wait_seconds: 20 }, { signal: hangUp.signal });
    await pause(150);
    hangUp.abort();
    await expect(polled).rejects.toThrow();
    await publisher.publish(queue);
    await pause(300);
    expect(await publisher.stats(queue)).toMatchObject({ available: 1, in_flight: 0 });
    expect(await publisher.take(queue)).toMatchObject({ delivery_count: 1 });
  });

  it('gets its message although no signal can reach it, and is woken by signals again later', async () => {
    const queue = await publisher.newQueue();
    for (let round = 0; round < 3; round += 1) {
      const polled = waiter.take(queue, { wait_seconds: 20 });
      await pause(100);
      const before = await listeningPids(admin);
      await terminate(admin, round === 0 ? waitersListener : before);
      const messageId = await publisher.publish(queue, round);
      const startedAtMs = performance.now();
      expect((await polled).message_id).toBe(messageId);
      print('the safety poll, with its listener cut', [performance.now() - startedAtMs]);
      await publisher.ack(queue, messageId);
      await expect.poll(() => listeningPids(admin), { interval: 50 }).toHaveLength(before.length);
    }
    await expectSignals(
      'publish, after the cuts',
      async (name) => {
        await publisher.publish(name);
      },
      10,
    );
  });

  /**
   * No single wait is checked: on a busy machine many may be slow. With the safety poll alone all would
   * be, because each begins a moment before the message comes.
   */
  function expectOftenWoken(latenciesMs: readonly number[]): void {
    const woken = latenciesMs.filter((ms) => ms < SAFETY_POLL_MS * 0.75);
    expect(woken.length, latenciesMs.join(' ')).toBeGreaterThanOrEqual(latenciesMs.length / 3);
  }

  /** Lets the waiter wait while `act` runs elsewhere, several times. */
  async function expectSignals(
    what: string,
    act: (queue: string, held: Json) => Promise<void>,
    rounds = ROUNDS,
  ): Promise<void> {
    const queue = await publisher.newQueue({ max_retries: 1_000 });
    const latenciesMs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const held = what === 'give back' ? await publishAndTake(queue) : undefined;
      const polled = waiter.take(queue, { wait_seconds: 20 });
      await pause(20 + 5 * (round % 10));
      const startedAtMs = performance.now();
      await act(queue, held);
      const { message_id } = await polled;
      latenciesMs.push(performance.now() - startedAtMs);
      await waiter.ack(queue, message_id);
    }
    print(what, latenciesMs);
    expectOftenWoken(latenciesMs);
  }

  async function publishAndTake(queue: string): Promise<Json> {
    await publisher.publish(queue);
    return publisher.take(queue);
  }
});

describe('a lease or delay that a stopped node has left', () => {
  it('is settled on time by another node that gets no calls', async () => {
    const nodes = await startNodes(2);
    try {
      const [stopped, other] = nodes.clients as [QueueClient, QueueClient];
      const queue = await stopped.newQueue({ max_retries: 0 });
      const retried = await stopped.newQueue();
      await stopped.publish(retried);
      await stopped.take(retried, { visibility_timeout: 5 });
      await stopped.publish(queue);
      const last = await stopped.take(queue, { visibility_timeout: 5 });
      await stopped.publish(queue, 'delayed', { delay_seconds: 5 });
      await nodes.servers[0]?.stop();
      expect(await other.stats(queue)).toMatchObject({ delayed: 1, in_flight: 1 });
      // A long poll meanwhile gets the message that comes back.
      const polled = other.take(retried, { wait_seconds: 20 });
      await expect
        .poll(() => other.stats(queue), { interval: 50 })
        .toMatchObject({ delayed: 0, available: 1, in_flight: 0, dlq: 1 });
      expect(await polled).toMatchObject({ delivery_count: 2 });
      const ack = await other.ack(queue, last.message_id, { receipt: last.receipt });
      expect(ack.body.data).toMatchObject({ acked: false });
    } finally {
      await nodes.stop();
    }
  });
});

function print(what: string, latenciesMs: readonly number[]): void {
  const slowest = Math.max(...latenciesMs).toFixed(1);
  process.stdout.write(
    `woken by ${what}: median ${median(latenciesMs).toFixed(1)} ms, slowest ${slowest} ms\n`,
  );
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
