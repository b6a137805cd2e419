import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pause } from '../faults/load/pause.js';
import { PushReceiver } from '../harness/push-receiver.js';
import { dataOf } from '../http-conformance/answers/expect-answer.js';
import { ALLOW_THIS_MACHINE, PushingClient } from '../http-conformance/push/use-pushes.js';
import { type PostgresNodes, startNodes } from '../nodes/postgres-nodes.js';

/** Longer than the interval at which nodes poll for changes of subscriptions, without signals. */
const LEARNED_MS = 2_500;

describe('two nodes that push for one subscription', () => {
  let nodes: PostgresNodes;
  let hook: PushReceiver;
  let one: PushingClient;
  let other: PushingClient;
  beforeAll(async () => {
    nodes = await startNodes(2, ALLOW_THIS_MACHINE);
    hook = await PushReceiver.start();
    [one, other] = nodes.servers.map((server) => new PushingClient(server)) as [
      PushingClient,
      PushingClient,
    ];
  });
  afterAll(async () => {
    await hook.stop();
    await nodes.stop();
  });

  it('push each message once, and none after either node answered a pause or a deletion', async () => {
    const queue = await one.newQueue();
    const { subscription_id: id } = await one.subscribed(queue, hook.url);
    await pause(LEARNED_MS);
    const ids = await one.publishAll(queue, [1, 2, 3, 4, 5, 6, 7, 8]);
    await one.expectEmpty(queue);
    expect([...hook.ids].sort()).toEqual([...ids].sort());
    // The other node still has a worker that does not know of the pause, and learns of the message.
    dataOf(await one.change(queue, id, 'pause'));
    await other.publish(queue, 'paused');
    await one.publish(queue, 'paused');
    await pause(LEARNED_MS);
    expect(hook.pushes).toHaveLength(8);
    dataOf(await one.change(queue, id, 'resume'));
    await hook.received(10);
    await pause(LEARNED_MS);
    dataOf(await one.unsubscribe(queue, id));
    await other.publish(queue, 'deleted');
    await pause(LEARNED_MS);
    expect(hook.pushes).toHaveLength(10);
    expect(await one.stats(queue)).toMatchObject({ available: 1, in_flight: 0, dlq: 0 });
  });
});
