import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpAnswer, TestServer } from '../../harness/http-server.js';
import type { QueueClient } from '../../harness/queue-client.js';
import { connectAdmin, type PostgresNodes, startNodes } from '../postgres-nodes.js';

describe('the same call with one idempotency key at three nodes at once', () => {
  let nodes: PostgresNodes;
  let clients: readonly QueueClient[];

  beforeAll(async () => {
    nodes = await startNodes(3);
    clients = nodes.clients;
  });
  afterAll(() => nodes.stop());

  /** Makes the same call at every node, sent before any of them can have answered. */
  const everywhere = (call: (client: QueueClient, node: number) => Promise<HttpAnswer>) =>
    Promise.all(clients.map(call));

  it('publishes one message, whose id every node returns', async () => {
    const queue = await (clients[0] as QueueClient).newQueue();
    const keys = Array.from({ length: 60 }, (_, index) => `key-${index}`);
    const rounds = await Promise.all(
      keys.map((idempotency_key) =>
        everywhere((client) =>
          client.post('publish', { queue, payload: idempotency_key, idempotency_key }),
        ),
      ),
    );
    for (const answers of rounds) expectOneEffect(answers);
    expect(await clients[1]?.stats(queue)).toMatchObject({ available: keys.length });
  });

  it('publishes one message, also while delays and leases end at the same moment', async () => {
    const client = clients[0] as QueueClient;
    const queue = await client.newQueue();
    let isOver = false;
    // Each node always finds something due, which then goes into a commit group with the calls.
    const keepBusy = async (busy: QueueClient): Promise<void> => {
      const queue = await busy.newQueue();
      while (!isOver) {
        await Promise.all(
          Array.from({ length: 5 }, (_, index) =>
            busy.publish(queue, index, { delay_seconds: 0.002 * (index + 1) }),
          ),
        );
      }
    };
    const busy = clients.map(keepBusy);
    try {
      for (let round = 0; round < 60; round += 1) {
        const idempotency_key = `busy-${round}`;
        expectOneEffect(
          await everywhere((each) =>
            each.post('publish', { queue, payload: round, idempotency_key }),
          ),
        );
      }
    } finally {
      isOver = true;
      await Promise.all(busy);
    }
    expect(await client.stats(queue)).toMatchObject({ available: 60 });
  });

  it('publishes one message per key when keys arrive at the nodes in different orders', async () => {
    const queue = await (clients[0] as QueueClient).newQueue();
    const admin = await connectAdmin(nodes.fixture.url);
    const keys = Array.from({ length: 30 }, (_, index) => `ordered-${index}`);
    try {
      for (let round = 0; round < 5; round += 1) {
        const answers = await Promise.all(
          clients.flatMap((client, node) =>
            (node % 2 === 0 ? keys : keys.toReversed()).map(async (key) => {
              const idempotency_key = `${key}-${round}`;
              const answer = await client.post('publish', { queue, payload: key, idempotency_key });
              return { key, answer };
            }),
          ),
        );
        for (const key of keys) {
          expectOneEffect(answers.filter((each) => each.key === key).map(({ answer }) => answer));
        }
      }
      // Commit groups lock in one order, so that none is ended to resolve a deadlock.
      await admin.query('SELECT pg_stat_force_next_flush()');
      const { rows } = await admin.query(
        'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
      );
      expect(rows[0].deadlocks).toBe(0);
    } finally {
      await admin.end();
    }
  });

  it('is refused at all nodes but one when the requests differ', async () => {
    const queue = await (clients[0] as QueueClient).newQueue();
    for (let round = 0; round < 20; round += 1) {
      const idempotency_key = `differing-${round}`;
      const answers = await everywhere((client, node) =>
        client.post('publish', { queue, payload: { node }, idempotency_key }),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
      for (const { status, body } of answers) {
        if (status === 409) expect(body.error.code).toBe('IDEMPOTENCY_KEY_REUSED');
      }
    }
    expect(await clients[2]?.stats(queue)).toMatchObject({ available: 20 });
  });

  it('leases the messages of one consume once, and returns them from every node', async () => {
    const queue = await (clients[0] as QueueClient).newQueue();
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(Array.from({ length: 9 }, () => clients[0]?.publish(queue)));
      const idempotency_key = `consume-${round}`;
      const answers = await everywhere((client) =>
        client.post('consume', { queue, max_messages: 3, idempotency_key }),
      );
      expectOneEffect(answers);
      expect(answers[0]?.body.data.messages).toHaveLength(3);
      expect(await clients[1]?.stats(queue)).toMatchObject({ available: 6, in_flight: 3 });
      const rest = await clients[2]?.consume(queue, { max_messages: 100 });
      const held = [...(rest ?? []), ...(answers[0]?.body.data.messages ?? [])];
      await Promise.all(held.map(({ message_id }) => clients[1]?.ack(queue, message_id)));
    }
  });

  it('returns all leased messages from every node, not from the first one alone', async () => {
    const queue = await (clients[0] as QueueClient).newQueue();
    for (let round = 0; round < 20; round += 1) {
      await clients[0]?.publish(queue);
      const idempotency_key = `last-${round}`;
      // A node that finds the message locked by another node's call must not answer that there is none.
      const answers = await everywhere((client) =>
        client.post('consume', { queue, max_messages: 5, idempotency_key }),
      );
      expectOneEffect(answers);
      const [message] = answers[0]?.body.data.messages ?? [];
      expect(message, answers[0]?.text).toBeDefined();
      await clients[1]?.ack(queue, message.message_id);
    }
  });

  it('returns the same message from all long polls under the key', async () => {
    const queue = await (clients[0] as QueueClient).newQueue();
    const idempotency_key = 'waiting';
    const waiting = everywhere((client) =>
      client.post('consume', { queue, max_messages: 1, wait_seconds: 10, idempotency_key }),
    );
    await clients[0]?.publish(queue);
    await clients[1]?.publish(queue);
    expectOneEffect(await waiting);
    expect(await clients[1]?.stats(queue)).toMatchObject({ available: 1, in_flight: 1 });
  });

  it('settles a message once, and gets the same answer from every node', async () => {
    const client = clients[0] as QueueClient;
    const queue = await client.newQueue({ max_retries: 1_000 });
    for (let round = 0; round < 10; round += 1) {
      await client.publish(queue);
      const first = await client.take(queue);
      const nack = { receipt: first.receipt, idempotency_key: `nack-${round}` };
      expectOneEffect(await everywhere((each) => each.nack(queue, first.message_id, nack)));
      const second = await client.take(queue);
      const extend = { receipt: second.receipt, idempotency_key: `extend-${round}` };
      expectOneEffect(
        await everywhere((each) => each.extend(queue, second.message_id, 60, extend)),
      );
      const ack = { receipt: second.receipt, idempotency_key: `ack-${round}` };
      const acked = await everywhere((each) => each.ack(queue, second.message_id, ack));
      expectOneEffect(acked);
      expect(acked[0]?.body.data).toMatchObject({ acked: true });
    }
  });

  it('creates one queue and one API key', async () => {
    for (let round = 0; round < 5; round += 1) {
      const queue = { name: `keyed-${round}`, idempotency_key: `create-${round}` };
      expectOneEffect(await everywhere((client) => client.post('create', queue)));
      const idempotency_key = `new-key-${round}`;
      const made = await Promise.all(
        nodes.servers.map((server) =>
          server.call('POST', '/v1/account/keys/create', { name: 'once', idempotency_key }),
        ),
      );
      expectOneEffect(made);
      const { body } = await (nodes.servers[0] as TestServer).call('GET', '/v1/account/keys/list');
      expect(body.data.items).toHaveLength(round + 1);
    }
  });
});

/** Expects equal answers, of which one made the change and the others say that they replay it. */
function expectOneEffect(answers: readonly HttpAnswer[]): void {
  const [first] = answers;
  for (const { status, text, body } of answers) {
    expect(status, text).toBe(200);
    expect(body.data).toEqual(first?.body.data);
  }
  expect(answers.filter(({ body }) => !body.metadata.cache_hit)).toHaveLength(1);
}
