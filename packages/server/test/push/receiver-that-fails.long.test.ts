import { afterEach, describe, expect, it } from 'vitest';
import { pause } from '../faults/load/pause.js';
import { SeededRandom } from '../faults/load/seeded-random.js';
import { STORE_FACTORIES, type StoreFactory, type StoreFixture } from '../harness/stores.js';
import { dataOf } from '../http-conformance/answers/expect-answer.js';
import type { PushingClient } from '../http-conformance/push/use-pushes.js';
import {
  brokenPromises,
  type DeadLetter,
  type Published,
  repetitions,
} from './delivery-checker.js';
import { type PushNode, startPushNode } from './push-node.js';
import { startTlsReceiver, type TlsReceiver } from './tls-receiver.js';

/** The full size takes a minute for each of the three tests; CONTRIBUTING.md says when to run it. */
const COUNT = Number(process.env.MILLRACE_TEST_PUSHES ?? 400);
/** Enough message groups that the consecutive backoffs of each one stay within the minute. */
const GROUPS = Math.max(100, Math.floor(COUNT / 20));
const MAX_RETRIES = 2;
/** Short, so that messages leased by a killed node become available soon. */
const LEASE_SECONDS = 5;
const IS_FULL = COUNT >= 10_000;
const TIMEOUT_MS = IS_FULL ? 300_000 : 240_000;

describe('a receiver that fails a fifth of all pushes and restarts twice', () => {
  let fixture: StoreFixture;
  let hook: TlsReceiver;
  const nodes: PushNode[] = [];
  afterEach(async () => {
    for (const { run } of nodes.splice(0)) await run.kill();
    await hook.remove();
    await fixture.remove();
  });

  const startNode = async (): Promise<PushingClient> => {
    const node = await startPushNode(fixture.url, hook.flags);
    nodes.push(node);
    return node.client;
  };

  it.each([
    ['standard queue on sqlite', 'sqlite', 'standard', 1],
    ['FIFO queue on sqlite', 'sqlite', 'fifo', 1],
    ['FIFO queue on two nodes over PostgreSQL, one of which is killed', 'postgres', 'fifo', 2],
  ] as const)(
    'gets every message of a %s, except messages that are dead after their retries',
    async (what, store, type, nodeCount) => {
      const seed = Date.now() % 1_000_000_000;
      const random = new SeededRandom(seed);
      const factory = STORE_FACTORIES.find(({ name }) => name === store) as StoreFactory;
      fixture = await factory.create();
      hook = await startTlsReceiver();
      hook.answer(async () => {
        // Some pushes are in progress whenever the receiver or a node ends.
        await pause(random.integer(0, 30));
        return random.chance(0.2) ? 500 : 200;
      });
      const client = await startNode();
      if (nodeCount === 2) await startNode();
      const queue = await client.newQueue({ type, max_retries: 99 });
      await client.subscribed(queue, hook.receiver.url, {
        max_in_flight: 200,
        max_retries: MAX_RETRIES,
        visibility_timeout: LEASE_SECONDS,
      });
      const startMs = performance.now();
      const publishing = publish(client, queue, type === 'fifo');
      const restartAt = async (share: number): Promise<void> => {
        while (hook.received.length < COUNT * share) await pause(5);
        await hook.receiver.stop();
        await pause(700);
        await hook.receiver.startAgain();
      };
      await restartAt(0.25);
      if (nodeCount === 2) {
        while (hook.received.length < COUNT * 0.4) await pause(5);
        await nodes.pop()?.run.kill();
      }
      await restartAt(0.6);
      const published = await publishing;
      await expect
        .poll(() => client.isEmpty(queue), { timeout: TIMEOUT_MS - 20_000, interval: 100 })
        .toBe(true);
      const tookMs = Math.round(performance.now() - startMs);

      const deadLetters = await deadLettersOf(client, queue);
      const counts = {
        pushes: hook.received.length,
        broken: hook.received.filter(({ status }) => status === null).length,
        repeated: repetitions(hook.received).size,
        dead: deadLetters.length,
      };
      process.stdout.write(`${what}, seed ${seed}: ${tookMs} ms ${JSON.stringify(counts)}\n`);
      expect(published).toHaveLength(COUNT);
      const { received } = hook;
      const run = { published, received, deadLetters, maxRetries: MAX_RETRIES, restarts: 2 };
      expect(brokenPromises({ ...run, isFifo: type === 'fifo' })).toEqual([]);
      // A run without failures would prove nothing.
      expect(counts.pushes).toBeGreaterThan(COUNT * 1.1);
    },
    TIMEOUT_MS,
  );
});

async function publish(
  client: PushingClient,
  queue: string,
  isFifo: boolean,
): Promise<Published[]> {
  const published: Published[] = [];
  for (let from = 0; from < COUNT; from += 500) {
    const groups = Array.from(
      { length: Math.min(500, COUNT - from) },
      (_, n) => `g${(from + n) % GROUPS}`,
    );
    const messages = groups.map((group, n) => ({
      payload: { n: from + n },
      ...(isFifo ? { message_group_id: group } : {}),
    }));
    const { message_ids } = dataOf(await client.post('publish_batch', { queue, messages }));
    published.push(...groups.map((group, n) => ({ id: message_ids[n] as string, group })));
  }
  return published;
}

async function deadLettersOf(client: PushingClient, queue: string): Promise<DeadLetter[]> {
  const dead: DeadLetter[] = [];
  for (const { message_id: id } of await client.deadLetters(queue)) {
    const { failed_deliveries } = dataOf(await client.message(queue, id));
    const nacks = failed_deliveries.filter(({ how }: { how: string }) => how === 'nack').length;
    dead.push({ id, nacks });
  }
  return dead;
}
