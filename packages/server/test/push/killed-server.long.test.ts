import { afterEach, describe, expect, it } from 'vitest';
import { pause } from '../faults/load/pause.js';
import { STORE_FACTORIES, type StoreFixture } from '../harness/stores.js';
import { repetitions } from './delivery-checker.js';
import { type PushNode, startPushNode } from './push-node.js';
import { startTlsReceiver, type TlsReceiver } from './tls-receiver.js';

const COUNT = 300;
const IN_FLIGHT = 20;

describe.each(STORE_FACTORIES)('a server that ends while it pushes on $name', (factory) => {
  let fixture: StoreFixture;
  let hook: TlsReceiver;
  let node: PushNode | undefined;
  afterEach(async () => {
    await node?.run.kill();
    await hook.remove();
    await fixture.remove();
  });
  const start = async (): Promise<PushNode> => {
    node = await startPushNode(fixture.url, hook.flags);
    return node;
  };

  // One type for each store, because after each kill the leases must expire.
  it.each(factory.isLocal ? ['standard'] : ['fifo'])(
    'delivers every message of a %s queue after SIGKILL and a restart, at most once more than needed',
    async (type) => {
      fixture = await factory.create();
      hook = await startTlsReceiver();
      const answered = new Set<string>();
      hook.answer(async ({ headers }) => {
        await pause(10);
        answered.add(String(headers['webhook-id']));
        return 200;
      });
      const { client, run } = await start();
      const queue = await client.newQueue({ type });
      await client.subscribed(queue, hook.receiver.url, {
        max_in_flight: IN_FLIGHT,
        // Long enough for a busy machine, so that leases expire only because of the kill.
        visibility_timeout: 6,
      });
      const messages = Array.from({ length: COUNT }, (_, n) => ({
        payload: n,
        ...(type === 'fifo' ? { message_group_id: `g${n % (2 * IN_FLIGHT)}` } : {}),
      }));
      await client.post('publish_batch', { queue, messages });
      while (hook.received.length < COUNT / 3) await pause(1);
      await run.kill();
      const before = hook.received.length;
      expect(before).toBeLessThan(COUNT);
      const again = (await start()).client;
      await expect.poll(() => again.isEmpty(queue), { timeout: 40_000, interval: 50 }).toBe(true);
      expect((await again.stats(queue)).dlq).toBe(0);
      expect(answered.size).toBe(COUNT);
      const more = repetitions(hook.received);
      expect(Math.max(0, ...more.values())).toBeLessThanOrEqual(1);
      // Only pushes in progress or not yet acked are repeated, after their leases expired.
      expect(more.size).toBeLessThanOrEqual(IN_FLIGHT * 2);
    },
    240_000,
  );

  it('exits with 0 within 10 seconds on SIGTERM while pushes hang, and loses no message', async () => {
    fixture = await factory.create();
    hook = await startTlsReceiver();
    hook.answer(() => 'none');
    const { client, run } = await start();
    const queue = await client.newQueue({ max_retries: 0 });
    await client.subscribed(queue, hook.receiver.url, { max_in_flight: 5 });
    await client.publishAll(queue, [1, 2, 3, 4, 5, 6, 7, 8]);
    await hook.receiver.received(5);
    const startMs = performance.now();
    run.signal('SIGTERM');
    expect(await run.ended(), run.stderr).toBe(0);
    expect(performance.now() - startMs).toBeLessThan(10_000);
    hook.answer(() => 200);
    const again = (await start()).client;
    // This happens at once because the leases were released; they would last 30 seconds.
    await expect.poll(() => again.isEmpty(queue), { interval: 20 }).toBe(true);
    expect((await again.stats(queue)).dlq).toBe(0);
    expect(hook.received).toHaveLength(5 + 8);
  }, 240_000);

  it('waits on SIGTERM for pushes that end soon and acks their messages', async () => {
    fixture = await factory.create();
    hook = await startTlsReceiver();
    hook.answer(() => pause(500).then(() => 200));
    const { client, run } = await start();
    const queue = await client.newQueue();
    await client.subscribed(queue, hook.receiver.url, { max_in_flight: 5 });
    const ids = await client.publishAll(queue, [1, 2, 3, 4, 5, 6, 7, 8]);
    await hook.receiver.received(5);
    run.signal('SIGTERM');
    expect(await run.ended(), run.stderr).toBe(0);
    const again = (await start()).client;
    await expect.poll(() => again.isEmpty(queue), { interval: 20 }).toBe(true);
    expect(hook.received.map(({ id }) => id).sort()).toEqual([...ids].sort());
  }, 240_000);
});
