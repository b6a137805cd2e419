import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ledger } from '../faults/ledger/ledger.js';
import { checkLedger } from '../faults/ledger/ledger-checker.js';
import { reachPublishes, runLoad } from '../faults/load/load-run.js';
import { pause } from '../faults/load/pause.js';
import { countRun } from '../faults/load/run-counts.js';
import { SeededRandom } from '../faults/load/seeded-random.js';
import { ADMIN_KEY, type Json } from '../harness/http-server.js';
import type { QueueClient } from '../harness/queue-client.js';
import { type PostgresNodes, startNodes } from './postgres-nodes.js';

describe('three nodes over one database', () => {
  let nodes: PostgresNodes;
  let clients: [QueueClient, QueueClient, QueueClient];
  /** One of the three nodes, in turn. */
  const at = (turn: number): QueueClient => clients[turn % 3] as QueueClient;

  beforeAll(async () => {
    nodes = await startNodes(3);
    clients = nodes.clients as typeof clients;
  });
  afterAll(() => nodes.stop());

  it('keep every promise under load on all of them', async () => {
    const seed = Date.now() % 1_000_000_000;
    const ledger = new Ledger();
    await runLoad({
      ledger,
      baseUrls: nodes.servers.map(({ url }) => url),
      apiKey: ADMIN_KEY,
      random: new SeededRandom(seed),
      prefix: 'load',
      longestVisibilityMs: 1_500,
      publishers: 9,
      consumers: 12,
      maxPublishes: 4_000,
      maxDurationMs: 40_000,
      during: async (workload) => {
        await pause(3_000);
        await reachPublishes(workload, 250);
      },
    });
    const counts = countRun(ledger.events);
    process.stdout.write(`three nodes, seed ${seed}: ${JSON.stringify(counts)}\n`);
    expect(checkLedger(ledger.events)).toEqual([]);
    expect(counts.unknown).toBe(0);
    expect(counts.acked).toBeGreaterThan(150);
  }, 240_000);

  it('lease no message twice when many clients consume at once', async () => {
    const queue = await at(0).newQueue();
    const published = await publishMany(queue, 300);
    const consumed: string[] = [];
    const consumeUntilEmpty = async (client: QueueClient): Promise<void> => {
      for (;;) {
        const messages = await client.consume(queue, { max_messages: 7, visibility_timeout: 60 });
        if (messages.length === 0) return;
        consumed.push(...messages.map(({ message_id }) => message_id));
      }
    };
    await Promise.all(Array.from({ length: 24 }, (_, turn) => consumeUntilEmpty(at(turn))));
    // A consume may find nothing while others have rows locked; the last one finds all that is left.
    await consumeUntilEmpty(at(1));
    expect(consumed.sort()).toEqual(published.sort());
  });

  it('let one of several acks of one delivery succeed', async () => {
    const queue = await at(0).newQueue();
    for (let round = 0; round < 20; round += 1) {
      await at(round).publish(queue);
      const { message_id, receipt } = await at(round + 1).take(queue);
      const answers = await Promise.all(
        clients.map((client) => client.ack(queue, message_id, { receipt })),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(answers.filter(({ body }) => body.data.acked)).toHaveLength(1);
    }
    await expectSameStats(queue, { available: 0, in_flight: 0 });
  });

  it('let either an ack or a nack of one delivery succeed, never both', async () => {
    const queue = await at(0).newQueue({ max_retries: 1_000 });
    for (let round = 0; round < 20; round += 1) {
      await at(round).publish(queue, { round });
      const { message_id, receipt } = await at(round).take(queue);
      const [ack, nack] = await Promise.all([
        at(round + 1).ack(queue, message_id, { receipt }),
        at(round + 2).nack(queue, message_id, { receipt }),
      ]);
      const acked = ack.status === 200 && ack.body.data.acked;
      const nacked = nack.status === 200 && nack.body.data.nacked;
      expect([acked, nacked].filter(Boolean), `${ack.text} ${nack.text}`).toHaveLength(1);
      const stats = await at(round + 2).stats(queue);
      expect(stats).toMatchObject({ available: nacked ? 1 : 0, in_flight: 0 });
      if (nacked) await at(round).ack(queue, (await at(round).take(queue)).message_id);
    }
  });

  it('refuse an old receipt at a node that never saw the new one', async () => {
    const queue = await at(0).newQueue();
    await at(0).publish(queue);
    const first = await at(0).take(queue);
    await at(1).extend(queue, first.message_id, 0, { receipt: first.receipt });
    const second = await at(1).take(queue);
    expect(second).toMatchObject({ message_id: first.message_id, delivery_count: 2 });
    const late = await at(2).ack(queue, first.message_id, { receipt: first.receipt });
    expect(late.body.error?.code, late.text).toBe('LEASE_LOST');
    const ack = await at(0).ack(queue, second.message_id, { receipt: second.receipt });
    expect(ack.body.data).toMatchObject({ acked: true });
  });

  it('find a new queue on all nodes at once', async () => {
    for (let round = 0; round < 15; round += 1) {
      const queue = await at(round).newQueue({ max_retries: round });
      const answers = await Promise.all([
        at(round + 1).post('publish', { queue, payload: round }),
        at(round + 2).get(`get/${queue}`),
        at(round + 1).get(`stats/${queue}`),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(answers[1]?.body.data).toMatchObject({ queue, max_retries: round });
    }
  });

  it('create one queue for calls that create it on all nodes at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const same = { name: `same-${round}`, max_retries: 5 };
      const made = await Promise.all(clients.map((client) => client.post('create', same)));
      expect(made.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(new Set(made.map(({ body }) => JSON.stringify(body.data))).size).toBe(1);

      const differing = await Promise.all(
        clients.map((client, max_retries) =>
          client.post('create', { name: `differing-${round}`, max_retries }),
        ),
      );
      const statuses = differing.map(({ status }) => status).sort();
      expect(statuses).toEqual([200, 409, 409]);
      const won = differing.findIndex(({ status }) => status === 200);
      const { body } = await at(won + 1).get(`get/differing-${round}`);
      expect(body.data.max_retries).toBe(won);
    }
  });

  it('publish to a queue that is created on demand on all nodes at once', async () => {
    const onDemand = await startNodes(3, ['--auto-create']);
    try {
      const queues = Array.from({ length: 5 }, (_, round) => `on-demand-${round}`);
      for (const queue of queues) {
        const answers = await Promise.all(
          Array.from({ length: 9 }, (_, turn) =>
            (onDemand.clients[turn % 3] as QueueClient).post('publish', { queue, payload: turn }),
          ),
        );
        expect(answers.map(({ status }) => status)).toEqual(Array(9).fill(200));
        expect(await onDemand.clients[0]?.stats(queue)).toMatchObject({ available: 9 });
      }
    } finally {
      await onDemand.stop();
    }
  });

  it('return the same stats as soon as one of them has answered a call', async () => {
    const queue = await at(0).newQueue({ max_retries: 0 });
    await publishMany(queue, 30);
    await at(1).publish(queue, 'later', { delay_seconds: 600 });
    await expectSameStats(queue, { available: 30, in_flight: 0, delayed: 1, dlq: 0 });
    const messages = await at(2).consume(queue, { max_messages: 10, visibility_timeout: 600 });
    expect(messages).toHaveLength(10);
    await expectSameStats(queue, { available: 20, in_flight: 10, delayed: 1, dlq: 0 });
    await Promise.all(messages.slice(0, 6).map((m, turn) => at(turn).ack(queue, m.message_id)));
    await Promise.all(messages.slice(6).map((m, turn) => at(turn).nack(queue, m.message_id)));
    await expectSameStats(queue, { available: 20, in_flight: 0, delayed: 1, dlq: 4 });
  });

  it('keep the order of publishes made one after the other at different nodes', async () => {
    const queue = await at(0).newQueue();
    const order: string[] = [];
    for (let turn = 0; turn < 60; turn += 1) {
      // A burst in between must not put one node's seqs ahead of the others.
      if (turn % 20 === 10) {
        order.push('burst');
        await Promise.all(Array.from({ length: 50 }, () => at(turn).publish(queue, 'burst')));
      }
      order.push(String(turn));
      await at(turn).publish(queue, String(turn));
    }
    const consumed: string[] = [];
    while (consumed.length < 210) {
      const messages = await at(consumed.length).consume(queue, { max_messages: 50 });
      expect(messages.length).toBeGreaterThan(0);
      consumed.push(...messages.map(({ payload }) => payload));
    }
    expect(consumed.filter((text, index) => text !== consumed[index - 1])).toEqual(order);
  });

  it("continue each other's pages of a list", async () => {
    const names = Array.from({ length: 7 }, (_, index) => `paged-${index}`);
    await Promise.all(names.map((name, turn) => at(turn).post('create', { name })));
    const found: string[] = [];
    let cursor = '';
    for (let turn = 0; turn < 4; turn += 1) {
      const more = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { body } = await at(turn).get(`list?prefix=paged-&limit=2${more}`);
      found.push(...body.data.items.map((item: Json) => item.queue));
      cursor = body.data.next_cursor ?? '';
    }
    expect(found).toEqual(names);
    expect(cursor).toBe('');
  });

  async function publishMany(queue: string, count: number): Promise<string[]> {
    return Promise.all(Array.from({ length: count }, (_, turn) => at(turn).publish(queue, turn)));
  }

  async function expectSameStats(queue: string, expected: object): Promise<void> {
    const [first, ...others] = await Promise.all(clients.map((client) => client.stats(queue)));
    expect(first).toMatchObject(expected);
    for (const other of others) {
      expect(countsIn(other)).toEqual(countsIn(first));
    }
  }

  /** The age depends on the moment of the call, and nodes learn of each other's consumers later. */
  const countsIn = ({ available, in_flight, delayed, dlq }: Json) => ({
    ...{ available, in_flight, delayed, dlq },
  });
});
