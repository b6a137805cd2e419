import { describe, expect, test } from 'vitest';
import { ADMIN_KEY } from '../../harness/http-server.js';
import { openSocket, requestHead } from '../../harness/raw-http.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { moment, useServer } from '../use-server.js';

describe.each(STORE_FACTORIES)('a client that hangs up in a long poll on $name', (factory) => {
  const running = useServer(factory);
  const { client } = running;
  /** Starts a long poll on its own connection, so that hanging up closes exactly that connection. */
  const startPoll = (queue: string, more = {}) => {
    const body = JSON.stringify({ queue, wait_seconds: 20, ...more });
    const head = requestHead('POST', '/v1/queue/consume', {
      Authorization: `Bearer ${ADMIN_KEY}`,
      'Content-Length': body.length,
    });
    const socket = openSocket(running.url);
    socket.on('error', () => undefined);
    socket.write(head + body);
    return { hangUp: () => socket.destroy() };
  };

  test('leases no message', async () => {
    const queue = await client.newQueue();
    const poll = startPoll(queue);
    await moment(300);
    poll.hangUp();
    await moment(300);
    await client.publish(queue);
    await moment(50);
    expect(await client.stats(queue)).toMatchObject({ available: 1, in_flight: 0 });
    expect((await client.take(queue)).delivery_count).toBe(1);
  });

  test('leases no message when many hang up, with or without an idempotency key', async () => {
    const queue = await client.newQueue();
    const polls = Array.from({ length: 20 }, (_, n) =>
      startPoll(queue, n % 2 === 0 ? {} : { idempotency_key: `k${n}` }),
    );
    await moment(500);
    for (const poll of polls) poll.hangUp();
    await moment(500);
    for (let n = 0; n < 20; n += 1) await client.publish(queue, n);
    expect(await client.stats(queue)).toMatchObject({ available: 20, in_flight: 0 });
  });

  test('does not keep the message from the next waiting client', async () => {
    const queue = await client.newQueue();
    const gone = startPoll(queue);
    await moment(50);
    const waiting = client.consume(queue, { wait_seconds: 20 });
    await moment(50);
    gone.hangUp();
    await client.publish(queue, 'for the other');
    expect((await waiting)[0]?.payload).toBe('for the other');
  });

  test('does not lose a message that is published at the same moment', async () => {
    for (let round = 0; round < 15; round += 1) {
      const queue = await client.newQueue({ max_retries: 0 });
      const poll = startPoll(queue);
      await moment(round);
      const publishing = client.publish(queue, round);
      await moment(round % 4);
      poll.hangUp();
      await publishing;
      // The answer may already have been sent; then the client that hung up had the delivery.
      const [message] = await client.consume(queue, { wait_seconds: 0 });
      const { available, in_flight, dlq } = await client.stats(queue);
      expect(available + in_flight).toBe(1);
      expect(dlq).toBe(0);
      if (message !== undefined) expect(message.payload).toBe(round);
    }
  });

  test('does not stop the server from answering later long polls', async () => {
    const queue = await client.newQueue();
    for (let n = 0; n < 50; n += 1) {
      const poll = startPoll(queue);
      await moment(1);
      poll.hangUp();
    }
    await moment(100);
    await client.publish(queue);
    expect(await client.consume(queue, { wait_seconds: 20 })).toHaveLength(1);
  });
});
