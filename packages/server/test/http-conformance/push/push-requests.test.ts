import { describe, expect, test } from 'vitest';
import type { Json } from '../../harness/http-server.js';
import type { Push } from '../../harness/push-receiver.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf } from '../answers/expect-answer.js';
import { moment } from '../use-server.js';
import { usePushes } from './use-pushes.js';

describe.each(STORE_FACTORIES)('the POST of a push on $name', (factory) => {
  const { client, clock, receiver, advanceUntil } = usePushes(factory);

  test('carries the whole message, and a success acks the message', async () => {
    const hook = await receiver();
    const queue = await client.newQueue({ enable_priority: true });
    await client.subscribed(queue, hook.url);
    const headers = { 'X-Trace': 'abc', 'Content-Type': 'text/odd' };
    const payload = { text: 'ä 😀', list: [1, null] };
    const id = await client.publish(queue, payload, { headers, priority: 7 });
    const [push] = await hook.received(1);
    expect(push).toMatchObject({ method: 'POST', path: '/hook' });
    expect(push?.json).toEqual({
      message_id: id,
      queue,
      payload,
      headers,
      priority: 7,
      enqueued_at: expect.any(String),
      delivery_count: 1,
    });
    expect(push?.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(push?.body.length),
      'user-agent': 'millrace',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(clock.nowMs() / 1_000)),
      'x-millrace-queue': queue,
      'x-millrace-attempt': '1',
      'x-trace': 'abc',
    });
    for (const name of ['webhook-signature', 'x-infrai-signature', 'authorization']) {
      expect(push?.headers).not.toHaveProperty(name);
    }
    await client.expectEmpty(queue);
    expect(hook.pushes).toHaveLength(1);
    expect(await client.deadLetters(queue)).toEqual([]);
  });

  test('carries message_group_id and deduplication_id of a FIFO message', async () => {
    const hook = await receiver();
    const queue = await client.newQueue({ type: 'fifo' });
    await client.subscribed(queue, hook.url);
    const fifo = { message_group_id: 'g', deduplication_id: 'd' };
    await client.publish(queue, 1, fifo);
    expect((await hook.received(1))[0]?.json).toMatchObject(fifo);
  });

  test('carries only the bytes of the payload with the format payload', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    await client.subscribed(queue, hook.url, { format: 'payload' });
    const texts = ['{ "b": 1.0, "a": 1e2,\n "b": 2 }', '"\\u00e4"', '[ ]', 'null', '12.50'];
    for (const text of texts) {
      dataOf(await client.post('publish', `{"queue":"${queue}","payload":${text}}`));
    }
    const pushes = await hook.received(texts.length);
    expect(pushes.map(({ body }) => body.toString()).sort()).toEqual([...texts].sort());
    expect(pushes[0]?.headers['content-type']).toBe('application/json');
  });

  test('has the content type that the publisher set with the format payload', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    await client.subscribed(queue, hook.url, { format: 'payload' });
    await client.publish(queue, 1, { headers: { 'Content-Type': 'application/cloudevents+json' } });
    const [push] = await hook.received(1);
    expect(push?.headers['content-type']).toBe('application/cloudevents+json');
  });

  test('keeps the path and the query string of the url', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    await client.subscribed(queue, `${hook.url}/a%2Fb?x=1&y=%20`);
    await client.publish(queue);
    expect((await hook.received(1))[0]?.path).toBe('/hook/a%2Fb?x=1&y=%20');
  });

  test('leaves out message headers that would override its own or belong to the connection', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    await client.subscribed(queue, hook.url, {
      headers: { Authorization: 'Bearer owner', 'x-both': 'owner' },
    });
    const evil: Record<string, string> = {
      'Webhook-Id': 'evil',
      'webhook-timestamp': '0',
      'WEBHOOK-SIGNATURE': 'v1,evil',
      'X-Infrai-Signature': 'evil',
      'x-millrace-queue': 'evil',
      'X-Millrace-Attempt': 'evil',
      'x-millrace-other': 'evil',
      Host: 'evil',
      Connection: 'close, x-kept',
      'Content-Length': '3',
      'Transfer-Encoding': 'chunked',
      'Content-Encoding': 'gzip',
      'Keep-Alive': 'timeout=1',
      TE: 'trailers',
      Trailer: 'x',
      Upgrade: 'h2c',
      Expect: '100-continue',
      'Proxy-Authorization': 'evil',
      Authorization: 'Bearer evil',
      'X-Both': 'evil',
      'x-not-ascii': 'ä',
      'not a name': 'evil',
    };
    const id = await client.publish(queue, 1, { headers: { ...evil, 'x-kept': 'kept' } });
    const [push] = await hook.received(1);
    expect(push?.headers).toMatchObject({
      host: new URL(hook.url).host,
      'webhook-id': id,
      'x-millrace-queue': queue,
      'x-millrace-attempt': '1',
      authorization: 'Bearer owner',
      'x-both': 'owner',
      'x-kept': 'kept',
    });
    const { host: _host, connection, ...sent } = push?.headers ?? {};
    expect(JSON.stringify(sent)).not.toMatch(/evil|gzip|chunked|trailers|h2c|100-continue|ä/);
    expect(connection).toBe('keep-alive');
    // The body has the headers as they were published.
    expect(push?.json.headers).toEqual({ ...evil, 'x-kept': 'kept' });
  });

  test('leaves out credentials and proxy headers of a message unless the subscription allows them', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    const headers = {
      Authorization: 'Bearer publisher',
      Cookie: 'a=b',
      Forwarded: 'for=1.2.3.4',
      'X-Forwarded-For': '1.2.3.4',
      'X-Real-IP': '1.2.3.4',
    };
    const names = Object.keys(headers).map((name) => name.toLowerCase());
    const sentOf = ({ headers: sent }: { headers: object }) => names.filter((name) => name in sent);
    await client.subscribed(queue, hook.url);
    await client.publish(queue, 1, { headers });
    expect(sentOf((await hook.received(1))[0] as Push)).toEqual([]);
    const allowed = ['Authorization', 'x-forwarded-for'];
    await client.subscribed(queue, hook.url, { allowed_message_headers: allowed });
    await client.publish(queue, 2, { headers });
    const push = (await hook.received(2))[1] as Push;
    expect(sentOf(push)).toEqual(['authorization', 'x-forwarded-for']);
    expect(push.headers.authorization).toBe('Bearer publisher');
  });

  test('counts its attempts in a header and in the body, with the same id', async () => {
    const hook = await receiver();
    hook.reply = () => (hook.pushes.length < 3 ? 500 : 204);
    const queue = await client.newQueue();
    await client.subscribed(queue, hook.url);
    const id = await client.publish(queue);
    await advanceUntil(() => hook.pushes.length === 3);
    expect(hook.ids).toEqual([id, id, id]);
    expect(hook.pushes.map(({ headers }) => headers['x-millrace-attempt'])).toEqual([
      '1',
      '2',
      '3',
    ]);
    expect(hook.pushes.map(({ json }) => json.delivery_count)).toEqual([1, 2, 3]);
    await client.expectEmpty(queue);
  });

  test('has a lease for visibility_timeout of the subscription', async () => {
    const hook = await receiver();
    let answer: (status: number) => void = () => undefined;
    hook.reply = () => new Promise<number>((resolve) => (answer = resolve));
    const queue = await client.newQueue({ visibility_timeout_default: 600, max_retries: 9 });
    await client.subscribed(queue, hook.url, { visibility_timeout: 300, max_in_flight: 1 });
    await client.publish(queue);
    await hook.received(1);
    expect(await client.stats(queue)).toMatchObject({ in_flight: 1, available: 0 });
    expect(await client.consume(queue)).toEqual([]);
    clock.advance(299_999);
    expect(await client.stats(queue)).toMatchObject({ in_flight: 1 });
    await advanceUntil(async () => (await client.stats(queue)).available === 1, 1);
    expect(hook.pushes).toHaveLength(1);
    // Nobody has leased it since, so the ack is not too late.
    answer(200);
    await client.expectEmpty(queue);
  });

  test('times out after 0.8 of its lease, which counts no failed delivery at first', async () => {
    const hook = await receiver();
    const ends: string[] = [];
    hook.reply = ({ response }) => {
      response.once('close', () => ends.push('the push'));
      setTimeout(() => ends.push('the lease'), 5_000);
      return 'none';
    };
    const queue = await client.newQueue({ max_retries: 0 });
    const { subscription_id: id } = await client.subscribed(queue, hook.url, {
      visibility_timeout: 5,
    });
    const startMs = performance.now();
    await client.publish(queue);
    // In real time: the timeout is on the wire, and no fake clock moves it.
    await client.expectDelayed(queue);
    const tookMs = performance.now() - startMs;
    const [delivery] = (await client.deliveries(queue, id)) as [Json];
    expect(delivery).toMatchObject({ error: 'timeout', attempt: 1 });
    expect(delivery).not.toHaveProperty('status');
    expect(delivery.duration_ms).toBeGreaterThanOrEqual(3_990);
    await expect.poll(() => ends).toEqual(['the push', 'the lease']);
    expect(delivery.duration_ms).toBeLessThanOrEqual(Math.ceil(tookMs) + 1);
    expect(await client.deadLetters(queue)).toEqual([]);
  });

  test('is sent once, and not while a consumer has leased the message', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    await client.publish(queue, 'leased');
    const { message_id, receipt } = await client.take(queue);
    await client.subscribed(queue, hook.url);
    await moment(100);
    expect(hook.pushes).toHaveLength(0);
    dataOf(await client.nack(queue, message_id, { receipt }));
    expect((await hook.received(1))[0]?.json.payload).toBe('leased');
    await client.expectEmpty(queue);
    expect(hook.pushes).toHaveLength(1);
  });

  test('is sent for at most max_in_flight messages at once', async () => {
    const hook = await receiver();
    const waiting: ((status: number) => void)[] = [];
    hook.reply = () => new Promise<number>((resolve) => waiting.push(resolve));
    const queue = await client.newQueue();
    await client.publishAll(queue, [1, 2, 3, 4, 5, 6, 7]);
    await client.subscribed(queue, hook.url, { max_in_flight: 3 });
    await hook.received(3);
    await moment(100);
    expect(hook.pushes).toHaveLength(3);
    expect(await client.stats(queue)).toMatchObject({ in_flight: 3, available: 4 });
    waiting.shift()?.(200);
    await hook.received(4);
    await client.expectStats(queue, { in_flight: 3, available: 3 });
    hook.reply = () => 200;
    for (const answer of waiting) answer(200);
    await client.expectEmpty(queue);
    expect(new Set(hook.ids).size).toBe(7);
    expect(hook.pushes).toHaveLength(7);
  });

  test('is sent for at most max_in_flight messages also after pauses and resumes', async () => {
    const hook = await receiver();
    const waiting: ((status: number) => void)[] = [];
    hook.reply = () => new Promise<number>((resolve) => waiting.push(resolve));
    const queue = await client.newQueue();
    await client.publishAll(queue, [1, 2, 3, 4, 5]);
    const { subscription_id: id } = await client.subscribed(queue, hook.url, { max_in_flight: 1 });
    await hook.received(1);
    for (let round = 0; round < 3; round += 1) {
      dataOf(await client.change(queue, id, 'pause'));
      dataOf(await client.change(queue, id, 'resume'));
      await moment(100);
    }
    expect(hook.pushes).toHaveLength(1);
    // The slot of the post that began before the pauses is free for the worker of now.
    for (let answered = 1; answered <= 4; answered += 1) {
      waiting.shift()?.(200);
      await hook.received(answered + 1);
      await moment(50);
      expect(hook.pushes).toHaveLength(answered + 1);
    }
    waiting.shift()?.(200);
    await client.expectEmpty(queue);
  });
});

describe.each(STORE_FACTORIES)('the test of a push subscription on $name', (factory) => {
  const { client, receiver } = usePushes(factory);

  test('posts one message of its own, and changes neither the queue nor the deliveries', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    const { subscription_id: id } = await client.subscribed(queue, hook.url, {
      secret: 'a secret of the test',
    });
    expect(dataOf(await client.change(queue, id, 'test'))).toEqual({
      delivered: true,
      status: 200,
      duration_ms: expect.any(Number),
    });
    const [push] = hook.pushes;
    expect(push?.json).toMatchObject({ queue, payload: { test: true }, delivery_count: 1 });
    expect(push?.headers['webhook-signature']).toMatch(/^v1,/);
    expect(await client.stats(queue)).toMatchObject({ available: 0, in_flight: 0, delayed: 0 });
    expect(await client.deliveries(queue, id)).toEqual([]);
  });

  test('reports the answer of the receiver, and posts each time, even when paused', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    const { subscription_id: id } = await client.subscribed(queue, hook.url);
    dataOf(await client.change(queue, id, 'pause'));
    for (const status of [500, 302, 410, 429]) {
      hook.reply = () => ({ status, headers: { location: '/elsewhere', 'retry-after': '60' } });
      const data = dataOf(await client.change(queue, id, 'test'));
      expect(data).toEqual({ delivered: false, status, duration_ms: expect.any(Number) });
    }
    expect(hook.pushes.map(({ path }) => path)).toEqual(['/hook', '/hook', '/hook', '/hook']);
    expect(new Set(hook.ids).size).toBe(4);
    expect((await client.subscriptions(queue))[0]).toMatchObject({ paused_reason: 'requested' });
  });

  test('reports why there was no answer', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    const { subscription_id: id } = await client.subscribed(queue, hook.url);
    await hook.stop();
    const data = dataOf(await client.change(queue, id, 'test'));
    const error = 'connection refused';
    expect(data).toEqual({ delivered: false, duration_ms: expect.any(Number), error });
  });
});
