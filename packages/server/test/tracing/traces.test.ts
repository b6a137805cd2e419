import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PushReceiver } from '../harness/push-receiver.js';
import { STORE_FACTORIES } from '../harness/stores.js';
import { useTracedServer } from './use-traced-server.js';

/** The span of a publisher, as its own tracer would have made it. */
function publisherSpan() {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` };
}

describe.each(STORE_FACTORIES)('traces of a server on $name', (factory) => {
  const traced = useTracedServer(factory);
  let receiver: PushReceiver;
  beforeAll(async () => {
    receiver = await PushReceiver.start();
  });
  afterAll(() => receiver.stop());

  test('lead from the publisher over the server to the receiver', async () => {
    const { client, collector } = traced();
    const publisher = publisherSpan();
    const queue = client.queue('mails');
    await queue.pushSubscribe(receiver.url);
    const { messageId } = await queue.publish(1, { traceparent: publisher.traceparent });
    const [push] = await receiver.received(1);

    const ofTrace = await collector.waitFor(({ traceId }) => traceId === publisher.traceId, 3);
    const span = (name: string) => ofTrace.find((each) => each.name === name);
    const call = span('POST /v1/queue/publish/:queue');
    expect(call).toMatchObject({ kind: 'server', parentSpanId: publisher.spanId, isError: false });
    expect(call?.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'http.route': '/v1/queue/publish/:queue',
      'millrace.project': 'default',
    });
    expect(span('publish mails')).toMatchObject({
      kind: 'internal',
      parentSpanId: call?.spanId,
      links: expect.arrayContaining([publisher.spanId]),
      attributes: {
        'messaging.system': 'millrace',
        'messaging.destination.name': 'mails',
        'messaging.operation.name': 'publish',
        'messaging.operation.type': 'send',
        'messaging.message.id': messageId,
      },
    });
    expect(span('push mails')).toMatchObject({
      kind: 'client',
      parentSpanId: publisher.spanId,
      attributes: {
        'messaging.message.id': messageId,
        'http.response.status_code': 200,
        'server.address': '127.0.0.1',
        'millrace.attempt': 1,
      },
    });
    const carried = `00-${publisher.traceId}-${span('push mails')?.spanId}-01`;
    expect(push?.headers.traceparent).toBe(carried);
    expect(push?.json.headers).toEqual({ traceparent: publisher.traceparent });
    expect(collector.resource).toMatchObject({ 'service.name': 'millrace' });
  });

  test('link a commit group and its commands, in both directions', async () => {
    const { client, collector } = traced();
    await client.queue('grouped').publish(1);
    const command = await collector.named('publish grouped');
    const [group] = await collector.waitFor(
      ({ name, links }) => name === 'commit group' && links.includes(command.spanId),
    );
    expect(command.links).toContain(group.spanId);
    expect(group.traceId).not.toBe(command.traceId);
    expect(group).toMatchObject({ kind: 'internal', parentSpanId: undefined });
    expect(group.attributes['millrace.commit_group.commands']).toBeGreaterThanOrEqual(1);
  });

  test('link a consume with the publishers of its messages', async () => {
    const { client, collector } = traced();
    const [first, second] = [publisherSpan(), publisherSpan()];
    const queue = client.queue('orders');
    await queue.publishBatch([
      { payload: 1, traceparent: first.traceparent },
      { payload: 2, traceparent: second.traceparent },
      { payload: 3, headers: { traceparent: 'none' } },
    ]);
    const { messages } = await queue.consume();
    await queue.ackBatch(messages);
    const links = expect.arrayContaining([first.spanId, second.spanId]);
    const attributes = { 'messaging.batch.message_count': 3 };
    expect(await collector.named('publish orders')).toMatchObject({ links, attributes });
    expect(await collector.named('consume orders')).toMatchObject({
      links,
      attributes: { ...attributes, 'messaging.operation.type': 'receive' },
    });
    expect(await collector.named('ack orders')).toMatchObject({
      attributes: { ...attributes, 'messaging.operation.type': 'settle' },
    });
  });

  test('leave the headers of a message as they were published', async () => {
    const { call, client } = traced();
    const body = { queue: 'untouched', payload: 1 };
    const { traceparent } = publisherSpan();
    await call('POST', '/v1/queue/publish', body, { headers: { traceparent } });
    const { messages } = await client.queue('untouched').consume();
    expect(messages[0]?.headers).toBeUndefined();
  });

  test('name what a call and a command were refused for', async () => {
    const { call, client, collector } = traced();
    const queue = client.queue('refusing');
    const { messageId } = await queue.publish(1);
    await queue.consume();
    await call('POST', '/v1/queue/ack', { queue: queue.name, message_id: messageId, receipt: 'x' });
    const refused = { attributes: { 'error.type': 'LEASE_LOST' } };
    expect(await collector.named('ack refusing')).toMatchObject({ ...refused, isError: true });
    // A refusal is the caller's fault, and no error of the server.
    expect(await collector.named('POST /v1/queue/ack')).toMatchObject({
      ...refused,
      isError: false,
    });
    await call('GET', '/v1/queue/list', undefined, { key: 'wrong' });
    expect(await collector.named('GET /v1/queue/list')).toMatchObject({
      attributes: { 'error.type': 'UNAUTHENTICATED', 'http.response.status_code': 401 },
    });
  });

  test('show that a caller has left', async () => {
    const { call, collector } = traced();
    const leaving = new AbortController();
    const options = { signal: leaving.signal };
    const pending = call('POST', '/v1/queue/consume/left', { wait_seconds: 20 }, options);
    await collector.named('consume left');
    leaving.abort();
    await expect(pending).rejects.toThrow();
    const [span] = await collector.waitFor(({ attributes }) => {
      return attributes['error.type'] === 'disconnected';
    });
    expect(span).toMatchObject({ name: 'POST /v1/queue/consume/:queue', kind: 'server' });
    expect(span.attributes).not.toHaveProperty('http.response.status_code');
  });

  test('show pushes that fail', async () => {
    const { client, collector } = traced();
    const queue = client.queue('failing');
    const refusing = await PushReceiver.start();
    refusing.reply = () => 400;
    // On a busy machine some of its attempts may be over before the receiver stops.
    await queue.pushSubscribe(refusing.url, { maxRetries: 50 });
    await queue.publish(1);
    const span = await collector.named('push failing');
    await refusing.stop();
    expect(span).toMatchObject({
      isError: true,
      attributes: { 'http.response.status_code': 400, 'error.type': '400' },
    });
    const [unreached] = await collector.waitFor(({ attributes, name }) => {
      return name === 'push failing' && attributes['error.type'] === 'connection refused';
    });
    expect(unreached.isError).toBe(true);
  });

  test('contain no payload, key, secret or header', async () => {
    const { call, client, collector } = traced();
    const queue = client.queue('private');
    const told = 'sesame-0123456789abcdef';
    await queue.pushSubscribe(`${receiver.url}?token=${told}`, {
      secret: told,
      headers: { 'x-token': told },
    });
    const headers = { 'x-told': told };
    await queue.publish(told, { headers, idempotencyKey: told, deduplicationId: told });
    await collector.named('push private');
    await call('GET', `/v1/queue/get/ifr_${told}`);
    await call('POST', `/v1/queue/consume/ifr_${told}?x=${told}`, undefined, { headers });
    await collector.named('consume');
    await collector.named('GET /v1/queue/get/:queue');
    const exported = collector.bodies.map(String).join('\n');
    expect(exported).toContain('private');
    expect(exported).not.toContain(told);
    expect(exported).not.toContain('test-admin-key');
  });
});
