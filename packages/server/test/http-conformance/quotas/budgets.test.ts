import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { QueueClient } from '../../harness/queue-client.js';
import { openSocket, requestHead } from '../../harness/raw-http.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf } from '../answers/expect-answer.js';
import { moment, useServer } from '../use-server.js';

const MIB = 1024 * 1024;
/** A project alone gets half of the 40 MiB. */
const ALMOST_ALL_OF_A_SHARE = 19.8 * MIB;
/** The server may still be busy with hundreds of connections of the test before. */
const PATIENCE = { timeout: 40_000, interval: 20 };

describe.each(STORE_FACTORIES)('the bytes in flight that projects share on $name', (factory) => {
  const running = useServer(factory, ['--max-bytes-in-flight', '40MiB']);
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await expect.poll(reservedBytes, PATIENCE).toEqual({ body: 0, answer: 0, push: 0 });
  });

  async function keyOf(project: string): Promise<string> {
    const made = await running.call('POST', '/v1/account/keys/create', { project });
    return dataOf(made).key;
  }

  const clientOf = async (project: string) =>
    new QueueClient(running, { key: await keyOf(project) });

  async function reservedBytes(): Promise<Record<string, number>> {
    const { text } = await running.call('GET', '/metrics');
    const lines = text.matchAll(/^millrace_reserved_bytes\{kind="(\w+)"\} (\d+)$/gm);
    return Object.fromEntries([...lines].map(([, kind, bytes]) => [kind, Number(bytes)]));
  }

  /** Sends a request and does not read the answer. */
  function sendOnly(head: string, body = ''): Socket {
    const socket = openSocket(running.url);
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(head + body);
    sockets.push(socket);
    return socket;
  }

  /** Late calls of the previous test can use up the project's share for a moment. */
  async function publishLarge(client: QueueClient, queue: string): Promise<void> {
    const large = { queue, payload: 'x'.repeat(MIB - 16) };
    const status = async () => (await client.post('publish', large)).status;
    await expect.poll(status, PATIENCE).toBe(200);
  }

  /** Publishes, consumes and acks a small and a large message. */
  async function expectCycles(client: QueueClient, queue: string): Promise<void> {
    for (const payload of ['small', 'x'.repeat(MIB - 16)]) {
      await client.publish(queue, payload);
      const { message_id, receipt } = await client.take(queue, { wait_seconds: 1 });
      expect(dataOf(await client.ack(queue, message_id, { receipt }))).toMatchObject({
        acked: true,
      });
    }
  }

  test('are not reserved for a body that is announced but never sent', async () => {
    const [victim, key] = [await clientOf('victim'), await keyOf('attacker')];
    const queue = await victim.newQueue();
    for (let n = 0; n < 64; n += 1) {
      const head = requestHead('POST', '/v1/queue/publish_batch', {
        Authorization: `Bearer ${key}`,
        'Content-Length': 17 * MIB,
      });
      sendOnly(head, ' '.repeat(3_000));
    }
    await expect.poll(async () => (await reservedBytes()).body, PATIENCE).toBeGreaterThan(100_000);
    expect((await reservedBytes()).body).toBeLessThan(MIB);
    await expectCycles(victim, queue);
  });

  test('stay available to other projects and small calls while bodies are held back', async () => {
    const [victim, key] = [await clientOf('victim'), await keyOf('attacker')];
    const attacker = new QueueClient(running, { key });
    const [own, queue] = [await attacker.newQueue(), await victim.newQueue()];
    const head = requestHead('POST', '/v1/queue/publish', {
      Authorization: `Bearer ${key}`,
      'Content-Length': MIB,
    });
    const holdBack = () => sendOnly(head, ' '.repeat(MIB - 1));
    for (let n = 0; n < 64; n += 1) holdBack();
    const large = { queue: own, payload: 'x'.repeat(MIB - 16) };
    const publishBeside = async () => {
      const { status } = await attacker.post('publish', large);
      // Bodies that arrived beside this one may have been refused because of it.
      if (status !== 503) holdBack();
      return status;
    };
    await expect.poll(publishBeside, PATIENCE).toBe(503);
    await expectCycles(victim, queue);
    const another = await attacker.newQueue();
    await attacker.publish(another, 'small');
    expect(await attacker.take(another)).toMatchObject({ payload: 'small' });
  });

  test.each([
    ['peek', (queue: string) => ['GET', `/v1/queue/peek/${queue}?limit=100`, '']],
    [
      'consume',
      (queue: string) => ['POST', '/v1/queue/consume', `{"queue":"${queue}","max_messages":4}`],
    ],
  ])(
    'stay available to other projects while answers of %s are not read',
    async (_call, requestOf) => {
      const [victim, key] = [await clientOf('victim'), await keyOf('attacker')];
      const attacker = new QueueClient(running, { key });
      const [own, queue] = [await attacker.newQueue(), await victim.newQueue()];
      for (let n = 0; n < 32; n += 1) await publishLarge(attacker, own);
      const [method, path, body] = requestOf(own) as [string, string, string];
      for (let n = 0; n < 64; n += 1) {
        const length = body === '' ? {} : { 'Content-Length': body.length };
        sendOnly(requestHead(method, path, { Authorization: `Bearer ${key}`, ...length }), body);
      }
      await expect
        .poll(async () => (await reservedBytes()).answer, PATIENCE)
        .toBeGreaterThan(8 * MIB);
      await expectCycles(victim, queue);
      expect((await reservedBytes()).answer).toBeLessThanOrEqual(20 * MIB);
    },
  );

  test('do not keep a message larger than the allowance from being read and leased', async () => {
    const client = await clientOf('p');
    const queue = await client.newQueue({ max_retries: 0 });
    const payload = 'x'.repeat(MIB - 16);
    const id = await client.publish(queue, payload);
    expect(dataOf(await client.get(`message/${queue}/${id}`)).payload).toBe(payload);
    expect(dataOf(await client.get(`peek/${queue}`)).items[0].payload).toBe(payload);
    // Many calls at once get small allowances.
    const takes = Array.from({ length: 20 }, () => client.consume(queue));
    expect((await Promise.all(takes)).flat().map((message) => message.payload)).toEqual([payload]);
    expect(dataOf(await client.nack(queue, id)).requeued).toBe(false);
    expect(dataOf(await client.get(`dlq/list/${queue}`)).items[0].payload).toBe(payload);
  });

  test('are all released when clients disconnect before their turn', async () => {
    const key = await keyOf('attacker');
    const attacker = new QueueClient(running, { key });
    const own = await attacker.newQueue();
    for (let n = 0; n < 4; n += 1) await publishLarge(attacker, own);
    const body = JSON.stringify({ queue: own, payload: 'y'.repeat(70_000) });
    const bearer = { Authorization: `Bearer ${key}` };
    const requests = [
      requestHead('GET', `/v1/queue/peek/${own}`, bearer),
      requestHead('POST', '/v1/queue/publish', { ...bearer, 'Content-Length': body.length }) + body,
    ];
    for (let n = 0; n < 400; n += 1) {
      const socket = sendOnly(requests[n % 2] as string);
      socket.once('connect', () => setImmediate(() => socket.resetAndDestroy()));
    }
    await moment(300);
    await expect.poll(reservedBytes, PATIENCE).toEqual({ body: 0, answer: 0, push: 0 });
  });

  test('do not keep a key from being revoked while its project uses its whole share', async () => {
    const made = await running.call('POST', '/v1/account/keys/create', { scopes: ['manage'] });
    const { key, key_id } = dataOf(made);
    const head = requestHead('POST', '/v1/queue/publish', {
      Authorization: `Bearer ${key}`,
      'Content-Length': 64 * 1024,
    });
    /** Large ones fill the project's share, small ones also that of the room for small calls. */
    const holdBack = (large: number, small: number) => {
      for (let n = 0; n < large; n += 1) sendOnly(head, ' '.repeat(60 * 1024));
      for (let n = 0; n < small; n += 1) sendOnly(head, ' '.repeat(16 * 1024));
    };
    holdBack(280, 150);
    const heldBytes = async () => {
      const { body = 0 } = await reservedBytes();
      const isWaiting = sockets.some(({ connecting }) => connecting);
      if (body < ALMOST_ALL_OF_A_SHARE && !isWaiting) holdBack(5, 5);
      return body;
    };
    await expect.poll(heldBytes, PATIENCE).toBeGreaterThan(ALMOST_ALL_OF_A_SHARE);
    dataOf(await running.call('POST', `/v1/account/keys/revoke/${key_id}`));
    // Revoking the key also drops its unfinished bodies.
    await expect.poll(async () => (await reservedBytes()).body, PATIENCE).toBe(0);
  });
});
