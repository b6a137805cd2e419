import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeClock } from '../../harness/fake-clock.js';
import { startTestServer, type TestServer } from '../../harness/http-server.js';
import { QueueClient } from '../../harness/queue-client.js';
import { STORE_FACTORIES, type StoreFactory, type StoreFixture } from '../../harness/stores.js';

describe('the consumers of two nodes', () => {
  const clock = new FakeClock();
  let fixture: StoreFixture;
  let servers: TestServer[];
  let one: QueueClient;
  let other: QueueClient;

  beforeAll(async () => {
    const factory = STORE_FACTORIES.find(({ name }) => name === 'postgres') as StoreFactory;
    fixture = await factory.create();
    servers = [];
    for (let node = 0; node < 2; node += 1) {
      servers.push(await startTestServer(fixture, [], () => clock));
    }
    [one, other] = servers.map((server) => new QueueClient(server)) as [QueueClient, QueueClient];
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await fixture.remove();
  });

  /** Lets ten seconds pass, and what is recorded in them be committed. */
  const tenSeconds = async (): Promise<void> => {
    for (let step = 0; step < 20; step += 1) {
      clock.advance(500);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };

  it('are counted together on both, within ten seconds', async () => {
    const queue = await one.newQueue();
    const polls = [one, one, other].map((client) => client.consume(queue, { wait_seconds: 20 }));
    await expect.poll(async () => (await one.stats(queue)).waiting_consumers).toBe(2);
    await expect.poll(async () => (await other.stats(queue)).waiting_consumers).toBe(1);
    await tenSeconds();
    for (const client of [one, other]) {
      await expect.poll(async () => (await client.stats(queue)).waiting_consumers).toBe(3);
    }
    await tenSeconds();
    await Promise.all(polls);
    await tenSeconds();
    for (const client of [one, other]) {
      await expect.poll(async () => (await client.stats(queue)).waiting_consumers).toBe(0);
    }
  });

  it('have the last fetch of either', async () => {
    const queue = await one.newQueue();
    await one.consume(queue);
    await tenSeconds();
    await other.consume(queue);
    const last = { last_fetch_at: new Date(clock.nowMs()).toISOString() };
    expect(await other.stats(queue)).toMatchObject(last);
    await tenSeconds();
    await expect.poll(() => one.stats(queue)).toMatchObject(last);
  });

  it('no longer wait on a node that has stopped', async () => {
    const queue = await one.newQueue();
    const third = await startTestServer(fixture, [], () => clock);
    const client = new QueueClient(third);
    const poll = client.consume(queue, { wait_seconds: 20 });
    await expect.poll(async () => (await client.stats(queue)).waiting_consumers).toBe(1);
    await tenSeconds();
    await expect.poll(async () => (await one.stats(queue)).waiting_consumers).toBe(1);
    await third.stop();
    await poll;
    expect((await one.stats(queue)).waiting_consumers).toBe(0);
  });
});
