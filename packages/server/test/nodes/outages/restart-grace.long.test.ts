import { expect, it } from 'vitest';
import { pause } from '../../faults/load/pause.js';
import { QueueClient } from '../../harness/queue-client.js';
import { startNodes } from '../postgres-nodes.js';

// Both tests spend their time waiting.
it.concurrent('nodes that start keep a lease that ran out while all nodes were down', async () => {
  const nodes = await startNodes(2);
  try {
    const [before] = nodes.clients as [QueueClient];
    const queue = await before.newQueue({ max_retries: 1_000 });
    for (let index = 0; index < 3; index += 1) await before.publish(queue, index);
    const [acked, nacked, left] = await before.consume(queue, {
      max_messages: 3,
      visibility_timeout: 5,
    });
    await Promise.all(nodes.servers.map((server) => server.stop()));
    await pause(5_100);

    const first = new QueueClient(await nodes.add());
    // The second node starts later, and must neither end a lease that the first one keeps nor refuse it.
    const second = new QueueClient(await nodes.add());
    await pause(1_000);
    expect(await first.stats(queue)).toMatchObject({ available: 0, in_flight: 3 });
    expect(await second.consume(queue, { max_messages: 10 })).toEqual([]);
    const ack = await second.ack(queue, acked.message_id, { receipt: acked.receipt });
    expect(ack.body.data, ack.text).toMatchObject({ acked: true });
    const nack = await first.nack(queue, nacked.message_id, { receipt: nacked.receipt });
    expect(nack.body.data, nack.text).toMatchObject({ nacked: true, requeued: true });
    expect(await second.take(queue)).toMatchObject({ message_id: nacked.message_id });

    // No client settles the last message: it is delivered again when the grace period is over.
    const again = await second.take(queue, { wait_seconds: 15 });
    expect(again).toMatchObject({ message_id: left.message_id, delivery_count: 2 });
    const late = await first.ack(queue, left.message_id, { receipt: left.receipt });
    expect(late.body.error?.code, late.text).toBe('LEASE_LOST');
  } finally {
    await nodes.stop();
  }
});

it.concurrent('leases end on time while one node stays up, although another starts', async () => {
  const nodes = await startNodes(2);
  try {
    const [stayed, leaving] = nodes.clients as [QueueClient, QueueClient];
    const queue = await stayed.newQueue({ max_retries: 1_000 });
    await leaving.publish(queue);
    const lease = await leaving.take(queue, { visibility_timeout: 1 });
    await nodes.servers[1]?.stop();
    await pause(1_100);
    // It starts within its grace period, with the lease over: the node that stayed up has ended it.
    const starting = new QueueClient(await nodes.add());
    const again = await starting.take(queue, { wait_seconds: 8 });
    expect(again).toMatchObject({ message_id: lease.message_id, delivery_count: 2 });
    for (const client of [stayed, starting]) {
      const late = await client.ack(queue, lease.message_id, { receipt: lease.receipt });
      expect(late.body.error?.code, late.text).toBe('LEASE_LOST');
    }
  } finally {
    await nodes.stop();
  }
});
