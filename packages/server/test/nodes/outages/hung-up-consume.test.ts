import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, startTestServer, type TestServer } from '../../harness/http-server.js';
import { QueueClient } from '../../harness/queue-client.js';
import { openSocket, requestHead } from '../../harness/raw-http.js';
import { STORE_FACTORIES, type StoreFixture } from '../../harness/stores.js';
import { HeldCommit } from '../held-commit.js';

const factory = STORE_FACTORIES.find(({ isLocal }) => !isLocal) as (typeof STORE_FACTORIES)[number];

/** The commit is held back, so that the client disconnects in the middle of it. */
describe('a client that hangs up while its consume commits', () => {
  let fixture: StoreFixture;
  let server: TestServer;
  let admin: pg.Client;
  let held: HeldCommit;
  let client: QueueClient;

  beforeAll(async () => {
    fixture = await factory.create();
    server = await startTestServer(fixture);
    client = new QueueClient(server);
    admin = new pg.Client(fixture.url);
    await admin.connect();
    held = await HeldCommit.prepare(admin);
  });
  afterAll(async () => {
    await server.stop();
    await admin.end();
    await fixture.remove();
  });

  /** Uses a connection of its own, which ends before the store has answered. */
  const hangUp = async (queue: string, more: object): Promise<void> => {
    const body = JSON.stringify({ queue, ...more });
    const head = requestHead('POST', '/v1/queue/consume', {
      Authorization: `Bearer ${ADMIN_KEY}`,
      'Content-Length': body.length,
    });
    const socket = openSocket(server.url);
    await held.arm();
    socket.write(head + body);
    await held.reached();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.destroy();
    await closed;
    // The server handles events in order, so it has seen the connection end before it sends this answer.
    await server.call('GET', '/healthz');
    await held.release();
  };

  it.each([
    ['standard', 0],
    ['standard', 20],
    ['fifo', 0],
    ['fifo', 20],
  ])('leaves no lease in a %s queue, waiting %d s', async (type, wait_seconds) => {
    // Any failure would make a dead letter.
    const queue = await client.newQueue({ type, max_retries: 0, max_expired_leases: 0 });
    const id = await client.publish(queue);
    await hangUp(queue, { wait_seconds, visibility_timeout: 43_200 });
    // Until the held commit has ended, the message counts as available and is locked.
    await expect
      .poll(() => client.consume(queue, { max_messages: 1 }))
      .toMatchObject([{ message_id: id }]);
    await client.expectStats(queue, { available: 0, in_flight: 1, delayed: 0, dlq: 0 });
  });

  it('leaves its lease to the retry when it gave an idempotency key', async () => {
    const queue = await client.newQueue();
    const id = await client.publish(queue);
    await hangUp(queue, { idempotency_key: 'k' });
    await client.expectStats(queue, { available: 0, in_flight: 1 });
    expect(await client.consume(queue)).toEqual([]);
    const { body } = await client.post('consume', { queue, idempotency_key: 'k' });
    expect(body.metadata.cache_hit).toBe(true);
    expect(body.data.messages).toMatchObject([{ message_id: id, delivery_count: 1 }]);
  });
});
