import { afterEach, describe, expect, test } from 'vitest';
import { ADMIN_KEY } from '../../harness/http-server.js';
import { openSocket, requestHead } from '../../harness/raw-http.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf, errorOf } from '../answers/expect-answer.js';
import { useServer } from '../use-server.js';

const MIB = 1024 * 1024;

describe.each(STORE_FACTORIES)('the bound on bodies in flight on $name', (factory) => {
  const running = useServer(factory, ['--max-bytes-in-flight', '40MiB']);
  const { client } = running;
  let sockets: ReturnType<typeof openSocket>[] = [];
  const hangUp = () => {
    for (const socket of sockets) socket.destroy();
    sockets = [];
  };
  afterEach(hangUp);

  test('refuses large bodies as OVERLOADED until others are gone, but accepts small calls', async () => {
    const queue = await client.newQueue();
    const body = JSON.stringify({ queue, payload: 'x'.repeat(MIB - 16) });
    const head = requestHead('POST', '/v1/queue/publish', {
      Authorization: `Bearer ${ADMIN_KEY}`,
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    });
    // Each holds back its last byte, so that the server must keep the rest of the body.
    const holdBody = () => {
      const socket = openSocket(running.url);
      socket.on('error', () => undefined);
      socket.on('data', () => socket.destroy());
      socket.write(head);
      socket.write(body.slice(0, -1));
      return socket;
    };
    sockets = Array.from({ length: 31 }, holdBody);
    // While they still send, a publish that was accepted may have taken the room of one.
    const replaceRefused = () => {
      sockets = sockets.map((socket) => (socket.destroyed ? holdBody() : socket));
    };
    const large = { queue, payload: 'y'.repeat(MIB - 2) };
    const publishLarge = () => client.post('publish', large);
    await expect
      .poll(async () => {
        replaceRefused();
        return [(await publishLarge()).status, (await publishLarge()).status];
      })
      .toEqual([503, 503]);
    errorOf(await publishLarge(), 'OVERLOADED');
    dataOf(await client.post('publish', { queue, payload: 'small' }));
    expect(await client.get(`stats/${queue}`)).toMatchObject({ status: 200 });

    hangUp();
    await expect.poll(async () => (await publishLarge()).status).toBe(200);
    const unsent = await client.consume(queue, { max_messages: 1_000 });
    expect(unsent.filter(({ payload }) => payload.startsWith('x'))).toEqual([]);
  });

  test('is not used up by many large bodies one after another', async () => {
    const queue = await client.newQueue();
    for (let round = 0; round < 40; round += 1) {
      const answer = await client.post('publish', { queue, payload: 'z'.repeat(MIB) });
      errorOf(answer, 'PAYLOAD_TOO_LARGE', `round ${round}`);
    }
    for (let round = 0; round < 40; round += 1) {
      errorOf(await client.post('publish', 'no JSON'.repeat(150_000)), 'INVALID_JSON');
    }
    await client.publish(queue, 'x'.repeat(MIB - 2));
  });
});

// The server does not watch the disk of a remote database.
const onOurDisk = STORE_FACTORIES.filter(({ isLocal }) => isLocal);

describe.each(onOurDisk)('full storage on $name', (factory) => {
  const running = useServer(factory);
  const { client } = running;

  test('makes publish fail with 507, while messages can still be consumed, settled and counted', async () => {
    const queue = await client.newQueue();
    for (let n = 0; n < 4; n += 1) await client.publish(queue, n);
    const acked = await client.take(queue, { visibility_timeout: 600 });
    const nacked = await client.take(queue, { visibility_timeout: 600 });
    // No disk has a million gibibytes free.
    await running.restart(['--min-free-bytes', '1000000GiB']);

    const stopped = 'stopped: the disk has less free space than --min-free-bytes';
    const readiness = await running.call('GET', '/readyz');
    expect(readiness.status).toBe(200);
    expect(readiness.body).toEqual({ status: 'ready', publishing: stopped });
    errorOf(await client.post('publish', { queue, payload: 5 }), 'STORAGE_FULL');
    const { message_id, receipt } = acked;
    expect(dataOf(await client.ack(queue, message_id, { receipt })).acked).toBe(true);
    const extended = await client.extend(queue, nacked.message_id, 60, { receipt: nacked.receipt });
    expect(dataOf(extended).extended).toBe(true);
    const back = await client.nack(queue, nacked.message_id, { receipt: nacked.receipt });
    expect(dataOf(back)).toMatchObject({ nacked: true, requeued: true });
    expect(await client.consume(queue)).toHaveLength(3);
    expect(await client.stats(queue)).toMatchObject({ available: 0, in_flight: 3, dlq: 0 });
    const keyed = await client.ack(queue, message_id, { idempotency_key: 'a' });
    expect(errorOf(keyed, 'STORAGE_FULL').hint).toContain('Leave out the idempotency key');
    expect((await running.call('GET', '/healthz')).status).toBe(200);

    await running.restart();
    await client.publish(queue, 5);
    expect((await running.call('GET', '/readyz')).body).toEqual({ status: 'ready' });
  });
});
