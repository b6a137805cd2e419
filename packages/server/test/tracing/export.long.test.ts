import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { PushReceiver } from '../harness/push-receiver.js';
import { STORE_FACTORIES, type StoreFactory } from '../harness/stores.js';
import { untilSaid } from '../log/log-lines.js';
import { TracedServer } from './use-traced-server.js';

const [factory] = STORE_FACTORIES as readonly [StoreFactory];
/** A collector that is late is given up soon, and few spans wait for it. */
const LITTLE_ROOM = {
  OTEL_EXPORTER_OTLP_TIMEOUT: '500',
  OTEL_BSP_MAX_QUEUE_SIZE: '64',
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '16',
};
/** Each makes two or three spans, so that most of them find no room. */
const PUBLISHES = 300;

let server: TracedServer | undefined;
afterEach(() => server?.remove());

async function start(variables: Record<string, string>): Promise<TracedServer> {
  server = await TracedServer.start(factory, variables);
  return server;
}

async function publishMany({ client }: TracedServer): Promise<void> {
  const queue = client.queue('busy');
  await Promise.all(Array.from({ length: PUBLISHES }, () => queue.publish(1)));
  expect((await queue.stats()).available).toBe(PUBLISHES);
}

describe('the export of traces', () => {
  test('is in protobuf unless JSON is asked for', async () => {
    const { client, collector } = await start({ OTEL_EXPORTER_OTLP_PROTOCOL: '' });
    await client.queue('binary').publish(1);
    const named = () => collector.bodies.some((body) => body.includes('publish binary'));
    await expect.poll(named, { timeout: 20_000 }).toBe(true);
    expect(new Set(collector.types)).toEqual(new Set(['application/x-protobuf']));
  });

  test('ends with the spans that are left when the server stops', async () => {
    const traced = await start({ OTEL_BSP_SCHEDULE_DELAY: '600000' });
    await traced.client.queue('last').publish(1);
    expect(await traced.end()).toBe(0);
    const names = traced.collector.spans.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['publish last', 'commit group']));
  });

  test('follows the sampler, and a message keeps its trace all the same', async () => {
    const { client, collector } = await start({ OTEL_TRACES_SAMPLER: 'always_off' });
    const receiver = await PushReceiver.start();
    const queue = client.queue('unsampled');
    await queue.pushSubscribe(receiver.url);
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    await queue.publish(1, { traceparent: `00-${traceId}-b7ad6b7169203331-01` });
    const [push] = await receiver.received(1);
    await receiver.stop();
    expect(push?.headers.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
    expect(collector.spans).toEqual([]);
  });
});

describe('a collector in trouble', () => {
  test('that never answers holds up no call and no stop, and the log says so once', async () => {
    const traced = await start(LITTLE_ROOM);
    traced.collector.hangs = true;
    await publishMany(traced);
    await untilSaid(traced.run, 'traces could not be exported');
    expect(await traced.end()).toBe(0);
    const lines = traced.run.stderr.split('\n').filter((line) => line.includes('could not be'));
    // The others are counted, and their line comes with the stop.
    expect(lines.length).toBeLessThanOrEqual(2);
  });

  test('that is down does neither', async () => {
    const traced = await start({ ...LITTLE_ROOM, OTEL_EXPORTER_OTLP_ENDPOINT: await closedPort() });
    await publishMany(traced);
    const line = await untilSaid(traced.run, 'traces could not be exported');
    expect(line).toMatchObject({ level: 'warn', cause: expect.stringContaining('ECONNREFUSED') });
    expect(await traced.end()).toBe(0);
  });
});

/** The address of a port on which nobody listens. */
async function closedPort(): Promise<string> {
  const listener: Server = createServer();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as { port: number };
  await new Promise((resolve) => listener.close(resolve));
  return `http://127.0.0.1:${port}`;
}
