import { afterAll, beforeAll, expect, it } from 'vitest';
import { ADMIN_KEY, callerOf } from '../../harness/http-server.js';
import { QueueClient } from '../../harness/queue-client.js';
import { type PostgresNodes, startNodes } from '../postgres-nodes.js';
import { ServerRun } from '../run-server.js';

let nodes: PostgresNodes;
let killed: ServerRun;

beforeAll(async () => {
  nodes = await startNodes(1);
  killed = new ServerRun(nodes.fixture.url, { MILLRACE_API_KEY: ADMIN_KEY });
});
afterAll(async () => {
  await killed.kill();
  await nodes.stop();
});

it('the waits of a node that was killed vanish by themselves', async () => {
  const one = nodes.clients[0] as QueueClient;
  const queue = await one.newQueue();
  const url = await killed.listening();
  if (url === undefined) throw new Error(killed.stderr);
  const client = new QueueClient({ call: callerOf(url) });
  const polls = [1, 2].map(() => client.consume(queue, { wait_seconds: 20 }).catch(() => []));
  const waiting = async () => (await one.stats(queue)).waiting_consumers;
  const soon = { timeout: 60_000, interval: 250 };
  await expect.poll(waiting, soon).toBe(2);
  await killed.kill();
  await Promise.all(polls);
  await expect.poll(waiting, soon).toBe(0);
  expect(await one.stats(queue)).toMatchObject({ last_fetch_key_id: 'configured' });
}, 150_000);
