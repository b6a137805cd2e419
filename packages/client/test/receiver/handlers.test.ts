import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Retry } from '@millrace/client';
import {
  expressReceiver,
  fastifyReceiver,
  fetchReceiver,
  type PushHandler,
  type ReceiverOptions,
} from '@millrace/client/receiver';
import express from 'express';
import fastify from 'fastify';
import { describe, expect, onTestFinished, test } from 'vitest';
import { STORE_FACTORIES } from '../../../server/test/harness/stores.js';
import { useClient } from '../harness/use-client.js';

const SECRET = 'whsec_bWlsbHJhY2UgZXhhbXBsZSBzZWNyZXQ=';

interface Receiver {
  readonly name: string;
  /** Starts a server that answers pushes at `/hook`. @returns its address */
  start(handler: PushHandler<unknown>, options: ReceiverOptions<unknown>): Promise<string>;
}

async function listening(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const RECEIVERS: Receiver[] = [
  {
    name: 'Express',
    start(handler, options) {
      const app = express();
      app.post('/hook', expressReceiver(handler, options));
      return listening(app);
    },
  },
  {
    name: 'Express with raw bodies',
    start(handler, options) {
      const app = express();
      const raw = express.raw({ type: () => true });
      app.post('/hook', raw, expressReceiver(handler, options));
      return listening(app);
    },
  },
  {
    name: 'Node',
    start: (handler, options) => listening(expressReceiver(handler, options)),
  },
  {
    name: 'Fastify',
    async start(handler, options) {
      const app = fastify();
      app.post('/json', async (request) => request.body);
      app.register(fastifyReceiver('/hook', handler, options));
      onTestFinished(() => app.close());
      return app.listen({ port: 0, host: '127.0.0.1' });
    },
  },
  {
    name: 'fetch',
    start(handler, options) {
      const receive = fetchReceiver(handler, options);
      return listening(async (incoming, outgoing) => {
        const chunks: Buffer[] = [];
        for await (const chunk of incoming) chunks.push(chunk);
        const headers = incoming.headers as Record<string, string>;
        const { method = '' } = incoming;
        const body = method === 'POST' ? Buffer.concat(chunks) : null;
        const answer = await receive(new Request('http://here/', { method, headers, body }));
        outgoing.writeHead(answer.status, Object.fromEntries(answer.headers)).end();
      });
    },
  },
];

describe.each(STORE_FACTORIES.slice(0, 1))('pushes of a real server', (factory) => {
  const running = useClient(factory, ['--push-allow', '127.0.0.0/8']);

  test.each(RECEIVERS)('are handled by $name', async (receiver) => {
    const queue = await running.newQueue<unknown>({ maxRetries: 1 });
    const handled: unknown[] = [];
    const url = await receiver.start(
      ({ payload, message, deliveryCount }) => {
        handled.push([payload, message?.queue, deliveryCount]);
        if (payload === 'fails once' && deliveryCount === 1) throw new Error('not yet');
      },
      { secret: SECRET, onError: () => undefined },
    );
    await queue.pushSubscribe(`${url}/hook`, { secret: SECRET });
    await queue.publish({ a_b: 'ü' });
    await expect.poll(() => queue.stats()).toMatchObject({ available: 0, inFlight: 0 });
    await queue.publish('fails once');
    await expect.poll(() => handled.length, { timeout: 20_000 }).toBe(3);
    expect(handled).toEqual([
      [{ a_b: 'ü' }, queue.name, 1],
      ['fails once', queue.name, 1],
      ['fails once', queue.name, 2],
    ]);
  });

  test.each(RECEIVERS)('are refused by $name when the signature is wrong', async (receiver) => {
    const errors: unknown[] = [];
    const url = await receiver.start(() => expect.unreachable(), {
      secret: SECRET,
      onError: (error) => errors.push(error),
    });
    const post = (headers: Record<string, string>) =>
      fetch(`${url}/hook`, { method: 'POST', body: '{}', headers });
    expect((await post({ 'content-type': 'application/json' })).status).toBe(401);
    expect(errors).toMatchObject([{ code: 'INVALID_SIGNATURE' }]);
    const large = await fetch(`${url}/hook`, {
      method: 'POST',
      body: 'x'.repeat(5 * 1024 * 1024),
      headers: { 'content-type': 'application/json' },
    }).catch(() => ({ status: 413 }));
    expect(large.status).toBe(413);
  });

  test('a Retry says when to push again', async () => {
    const queue = await running.newQueue();
    const retry = () => {
      throw new Retry('busy', { delaySeconds: 599.5 });
    };
    const options = { secret: SECRET, onError: () => undefined };
    const url = await listening(expressReceiver(retry, options));
    await queue.pushSubscribe(url, { secret: SECRET });
    await queue.publish(1);
    await expect.poll(() => queue.stats()).toMatchObject({ delayed: 1 });
    expect((await queue.peek().page()).items[0]?.lastError).toContain('500');
  });

  test.each(RECEIVERS.filter(({ name }) => name !== 'fetch'))(
    'of a sender that goes away do not end the process of $name',
    async (receiver) => {
      const url = new URL(
        await receiver.start(() => undefined, { secret: SECRET, onError: () => undefined }),
      );
      const socket = connect(Number(url.port), url.hostname);
      socket.write('POST /hook HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc');
      await pause(100);
      socket.destroy();
      // A rejection that nobody handles would fail this run.
      await pause(100);
      expect((await fetch(`${url}hook`, { method: 'POST', body: '{}' })).status).toBe(401);
    },
  );

  test.each(RECEIVERS)('are handled by $name whatever their content type', async (receiver) => {
    const queue = await running.newQueue<unknown>({ maxRetries: 0 });
    const handled: unknown[] = [];
    const url = await receiver.start(({ payload }) => handled.push(payload), { secret: SECRET });
    await queue.pushSubscribe(`${url}/hook`, { secret: SECRET, format: 'payload' });
    await queue.publish(1, { headers: { 'content-type': 'garbage' } });
    await queue.publish(2, { headers: { 'content-type': 'application/json, text/x' } });
    await expect.poll(() => handled.toSorted()).toEqual([1, 2]);
  });

  test('a body that breaks off is answered by fetch, too', async () => {
    const body = new ReadableStream({
      pull: (controller) => controller.error(new Error('the sender has gone')),
    });
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    const receiving = fetchReceiver(() => undefined, { secret: SECRET });
    expect((await receiving(new Request('http://here/', init))).status).toBe(400);
  });

  test('a body of unknown length is read no further than the limit', async () => {
    let sent = 0;
    const stream = new ReadableStream({
      pull(controller) {
        sent += 1;
        controller.enqueue(new Uint8Array(1024 * 1024));
        if (sent === 100) controller.close();
      },
    });
    const init = { method: 'POST', body: stream, duplex: 'half' } as RequestInit;
    const receiving = fetchReceiver(() => undefined, { secret: SECRET });
    expect((await receiving(new Request('http://here/', init))).status).toBe(413);
    expect(sent).toBeLessThan(10);
  });

  test('a schema is seen in the payload and in the message', async () => {
    const queue = await running.newQueue<number>();
    const seen: unknown[] = [];
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) => ({ value: `number ${value}` }),
      },
    };
    const url = await listening(
      expressReceiver(({ payload, message }) => seen.push(payload, message?.payload), {
        secret: SECRET,
        schema,
      }),
    );
    await queue.pushSubscribe(url, { secret: SECRET });
    await queue.publish(7);
    await expect.poll(() => seen).toEqual(['number 7', 'number 7']);
  });

  test('the rest of a Fastify server reads JSON as before', async () => {
    const [fastifyServer] = RECEIVERS.filter(({ name }) => name === 'Fastify');
    const url = await fastifyServer?.start(() => undefined, { secret: SECRET });
    const answer = await fetch(`${url}/json`, {
      method: 'POST',
      body: '{"a":1}',
      headers: { 'content-type': 'application/json' },
    });
    expect(await answer.json()).toEqual({ a: 1 });
  });

  test('a body that was parsed before is refused with a reason', async () => {
    const errors: Error[] = [];
    const app = express();
    app.use(express.json());
    const onError = (error: unknown) => errors.push(error as Error);
    app.post(
      '/hook',
      expressReceiver(() => expect.unreachable(), { secret: SECRET, onError }),
    );
    const url = await listening(app);
    const answer = await fetch(`${url}/hook`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(500);
    expect(errors[0]?.message).toContain('parsed before');
  });
});
