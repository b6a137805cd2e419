import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { parseNetworks } from '../egress/networks.js';
import { PushClient, type PushRequest } from './push-client.js';

const NOW_MS = Date.UTC(2026, 0, 1, 12);
const clock = {
  nowMs: () => NOW_MS,
  wallMs: () => NOW_MS,
  monotonicMs: () => NOW_MS,
  setTimer: () => () => {},
};
const networks = parseNetworks(['127.0.0.1']);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function newClient(options: Partial<ConstructorParameters<typeof PushClient>[0]> = {}): PushClient {
  const client = new PushClient({ networks, clock, ...options });
  closers.push(() => client.close());
  return client;
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An HTTP receiver that records the requests it gets. */
async function receiver(answer: (response: ServerResponse, request: IncomingMessage) => void) {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url, headers } = request;
    seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    answer(response, request);
  });
  server.on('connection', (socket) => sockets.add(socket));
  const origin = await listen(server);
  closers.push(() => server.closeAllConnections());
  return { origin, seen, sockets };
}

/** A receiver that writes its own bytes once a request has begun to arrive. */
async function rawReceiver(speak: (socket: Socket) => void) {
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.once('data', () => speak(socket));
  });
  const origin = await listen(server);
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
  });
  return { origin, sockets };
}

const request = (url: string, more: Partial<PushRequest> = {}): PushRequest => ({
  url,
  headers: { 'content-type': 'application/json', 'x-a': 'b' },
  body: Buffer.from('{"a":"ü"}'),
  timeoutMs: 5_000,
  ...more,
});

const ok = (response: ServerResponse) => response.writeHead(200).end('fine');

describe('PushClient', () => {
  it('posts the exact bytes once, with the given headers and only the necessary others', async () => {
    const { origin, seen } = await receiver(ok);
    const outcome = await newClient().post(request(`${origin}/a/b?c=d%20e`));
    expect(outcome).toEqual({ status: 200, retryAfterMs: null, durationMs: expect.any(Number) });
    expect(seen).toEqual([
      {
        method: 'POST',
        url: '/a/b?c=d%20e',
        body: '{"a":"ü"}',
        headers: {
          host: origin.slice('http://'.length),
          connection: 'keep-alive',
          'content-type': 'application/json',
          'content-length': '10',
          'x-a': 'b',
        },
      },
    ]);
  });

  it.each([200, 201, 204, 299, 300, 400, 404, 410, 500])(
    'reports the status %d',
    async (status) => {
      const { origin } = await receiver((response) => response.writeHead(status).end());
      expect(await newClient().post(request(origin))).toMatchObject({ status, retryAfterMs: null });
    },
  );

  it.each([301, 302, 303, 307, 308])(
    'does not follow a redirect with status %d',
    async (status) => {
      const canary = await receiver(ok);
      const location = `${canary.origin}/canary`;
      const { origin, seen } = await receiver((r) => r.writeHead(status, { location }).end());
      expect(await newClient().post(request(origin))).toMatchObject({ status });
      expect([seen.length, canary.seen, canary.sockets.size]).toEqual([1, [], 0]);
    },
  );

  it('uses no proxy, whatever the environment says', async () => {
    const proxy = await receiver(ok);
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
    for (const name of names)
      process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : proxy.origin;
    closers.push(() => names.map((name) => delete process.env[name]));
    const { origin, seen } = await receiver(ok);
    expect(await newClient().post(request(origin))).toMatchObject({ status: 200 });
    expect([seen.length, proxy.sockets.size]).toEqual([1, 0]);
  });

  it.each([
    [503, { 'retry-after': '7' }, 7_000],
    [429, { 'retry-after': '999999' }, 3_600_000],
    [503, { 'retry-after': new Date(NOW_MS + 90_000).toUTCString() }, 90_000],
    [500, { 'retry-after': 'soon' }, null],
    [200, { 'retry-after': '7' }, null],
  ])('reads Retry-After of %d %j', async (status, headers, retryAfterMs) => {
    const { origin } = await receiver((response) => response.writeHead(status, headers).end());
    expect(await newClient().post(request(origin))).toMatchObject({ status, retryAfterMs });
  });

  it('reuses a connection for later requests', async () => {
    const { origin, seen, sockets } = await receiver((response) =>
      response.writeHead(seen.length % 2 ? 200 : 500).end('x'.repeat(16_000)),
    );
    // With more connections, the next post may come before the last connection is known to be free.
    const client = newClient({ connectionsPerOrigin: 1 });
    for (let count = 0; count < 20; count += 1) await client.post(request(origin));
    expect([seen.length, sockets.size]).toEqual([20, 1]);
  });

  it('opens as many connections to an origin as allowed', async () => {
    const { origin, seen, sockets } = await receiver((r) => setTimeout(() => ok(r), 5));
    const client = newClient({ connectionsPerOrigin: 3 });
    const posts = Array.from({ length: 30 }, () => client.post(request(origin)));
    for (const outcome of await Promise.all(posts)) expect(outcome).toMatchObject({ status: 200 });
    expect([seen.length, sockets.size]).toEqual([30, 3]);
  });

  it.each([1, 2])(
    'never sends a request whose time has passed, but sends those behind it, with connections: %d',
    async (max) => {
      const { origin, seen, sockets } = await receiver((r) => setTimeout(() => ok(r), 100));
      const slow = { lookup: () => pause(60).then(() => [{ address: '127.0.0.1' }]) };
      const client = newClient({ connectionsPerOrigin: max, ...slow });
      const url = origin.replace('127.0.0.1', 'slow.example');
      const send = (body: string, timeoutMs: number) =>
        client.post(request(url, { body: Buffer.from(body), timeoutMs }));
      const outcomes = await Promise.all([
        send('in vain', 30),
        ...Array.from({ length: 4 }, () => send('sent', 5_000)),
        send('in vain', 80),
        ...Array.from({ length: 4 }, () => send('sent', 5_000)),
      ]);
      const failed = outcomes.flatMap((outcome, index) => ('error' in outcome ? [index] : []));
      expect(failed).toEqual([0, 5]);
      expect(seen.map(({ body }) => body)).toEqual(Array.from({ length: 8 }, () => 'sent'));
      expect(sockets.size).toBeLessThanOrEqual(max + 2);
    },
  );

  it('does not decompress an answer', async () => {
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024));
    const { origin, seen } = await receiver((response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb.subarray(0, 16_000)),
    );
    const before = process.memoryUsage().rss;
    expect(await newClient().post(request(origin))).toMatchObject({ status: 200 });
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * 1024 * 1024);
    expect(seen[0]?.headers['accept-encoding']).toBeUndefined();
  });

  it.each([200, 500])(
    'reads 16 KiB of an endless answer with %d and closes the connection',
    async (status) => {
      let writtenBytes = 0;
      const { origin, sockets } = await rawReceiver((socket) => {
        socket.write(`HTTP/1.1 ${status} OK\r\nTransfer-Encoding: chunked\r\n\r\n`);
        const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
        const flood = () => {
          while (!socket.destroyed && socket.write(chunk)) writtenBytes += chunk.length;
          writtenBytes += chunk.length;
        };
        socket.on('drain', flood);
        flood();
      });
      const client = newClient();
      expect(await client.post(request(origin))).toMatchObject({ status });
      await closed(sockets[0]);
      // The bytes that the kernel buffered are counted too.
      expect(writtenBytes).toBeLessThan(20 * 1024 * 1024);
      await client.post(request(origin));
      expect(sockets.length).toBe(2);
    },
  );

  it.each<[string, (socket: Socket) => unknown, object]>([
    ['sends nothing', () => {}, { error: 'timeout' }],
    ['drips its headers', (s) => drip(s, 'HTTP/1.1 200 OK\r\nX-A: ', 'a'), { error: 'timeout' }],
    [
      'repeats an interim answer',
      (s) => drip(s, '', 'HTTP/1.1 103 Early\r\n\r\n'),
      { error: 'timeout' },
    ],
    [
      'drips a body after its 200',
      (s) => drip(s, 'HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n', 'a'),
      { error: 'timeout' },
    ],
    [
      'never ends a body after its 200',
      (s) => s.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n'),
      { error: 'timeout' },
    ],
    [
      'drips a body after its 503',
      (s) => drip(s, 'HTTP/1.1 503 No\r\nRetry-After: 9\r\nContent-Length: 9999\r\n\r\n', 'a'),
      { status: 503, retryAfterMs: 9_000 },
    ],
  ])('ends in time when the receiver %s', async (_, speak, expected) => {
    const { origin, sockets } = await rawReceiver(speak);
    const client = newClient();
    const outcome = await client.post(request(origin, { timeoutMs: 1_500 }));
    expect(outcome).toMatchObject(expected);
    expect(outcome.durationMs).toBeGreaterThanOrEqual(1_400);
    expect(outcome.durationMs).toBeLessThan(30_000);
    await closed(sockets[0]);
    // Nor does it reconnect for nothing.
    await pause(30);
    expect(sockets.length).toBe(1);
  });

  it.each<[string, (socket: Socket) => unknown, object]>([
    ['closes at once', (s) => s.end(), { error: 'connection closed' }],
    ['resets', (s) => s.resetAndDestroy(), { error: 'connection closed' }],
    [
      'ends within its headers',
      (s) => s.end('HTTP/1.1 200 OK\r\nX'),
      { error: 'connection closed' },
    ],
    [
      'ends within a body after its 200',
      (s) => s.end('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc'),
      { error: 'connection closed' },
    ],
    [
      'ends within a body after its 500',
      (s) => s.end('HTTP/1.1 500 No\r\nContent-Length: 99\r\n\r\nabc'),
      { status: 500 },
    ],
    [
      'adds a body to its 204',
      (s) => s.write('HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nfine'),
      { status: 204 },
    ],
    ['answers until it closes', (s) => s.end('HTTP/1.1 200 OK\r\n\r\nabc'), { status: 200 }],
    [
      'speaks another protocol',
      (s) => s.end('220 smtp.example ESMTP\r\n'),
      { error: 'answer is not http' },
    ],
    ['upgrades the connection', (s) => s.write(UPGRADE), { error: 'connection closed' }],
    [
      'sends too many headers',
      (s) => s.write(`HTTP/1.1 200 OK\r\n${'X-A: b\r\n'.repeat(20_000)}\r\n`),
      { error: 'answer headers too large' },
    ],
    [
      'has one huge header',
      (s) => s.write(`HTTP/1.1 200 OK\r\nX-A: ${'b'.repeat(100_000)}\r\n\r\n`),
      { error: 'answer headers too large' },
    ],
    [
      'sends both a length and chunks',
      (s) => s.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc'),
      { error: 'answer is not http' },
    ],
  ])('survives a receiver that %s', async (_, speak, expected) => {
    const { origin } = await rawReceiver(speak);
    expect(await newClient().post(request(origin))).toMatchObject(expected);
  });

  it('reports that nothing listens, and reaches a receiver that starts later', async () => {
    const { origin } = await rawReceiver(() => {});
    for (const close of closers.splice(0).reverse()) await close();
    const client = newClient();
    const posts = Array.from({ length: 20 }, () => client.post(request(origin)));
    for (const outcome of await Promise.all(posts)) {
      expect(outcome).toMatchObject({ error: 'connection refused' });
    }
    const server = createServer((_request, response) => ok(response));
    server.listen(Number(new URL(origin).port), '127.0.0.1');
    await once(server, 'listening');
    closers.push(
      () => server.closeAllConnections(),
      () => server.close(),
    );
    expect(await client.post(request(origin))).toMatchObject({ status: 200 });
  });

  it('keeps the connections of each sender separate', async () => {
    const { origin } = await receiver((response, { url }) => {
      if (url !== '/hang') ok(response);
    });
    const client = newClient({ connectionsPerOrigin: 2 });
    const hang = request(`${origin}/hang`, { timeoutMs: 60_000 });
    const hanging = Array.from({ length: 5 }, () => client.post({ ...hang, sender: 'sick' }));
    for (let count = 0; count < 5; count += 1) {
      const outcome = await client.post({ ...request(origin), sender: 'healthy' });
      expect(outcome).toMatchObject({ status: 200 });
      client.forget('healthy');
    }
    await client.close();
    for (const outcome of await Promise.all(hanging)) {
      expect(outcome).toMatchObject({ error: 'cancelled' });
    }
  });

  it('ends its requests as cancelled when it is closed', async () => {
    const { origin } = await rawReceiver(() => {});
    const client = newClient();
    const closing = client.post(request(origin));
    setTimeout(() => client.close(), 30);
    expect(await closing).toMatchObject({ error: 'cancelled' });
    expect(await client.post(request(origin))).toMatchObject({ error: 'cancelled' });
  });

  it.each([
    ['a bad header name', { headers: { 'a b': 'c' } }],
    ['a bad header value', { headers: { a: 'b\r\nc: d' } }],
    ['a wrong length', { headers: { 'content-length': '3' } }],
  ])('does not throw for %s', async (_, more) => {
    const { origin, seen } = await receiver(ok);
    const outcome = await newClient().post(request(origin, more));
    expect([outcome, seen]).toEqual([
      { error: 'request not valid', durationMs: expect.any(Number) },
      [],
    ]);
  });

  it.each([
    '',
    'not a url',
    'http://8.8.8.8',
    'https://localhost',
    'https://10.0.0.1',
    'ftp://a.b',
  ])('checks the url again: %j', async (url) => {
    expect(await newClient().post(request(url))).toMatchObject({ error: 'url not allowed' });
  });
});

const UPGRADE = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n';

const closed = (socket: Socket | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (socket === undefined || socket.destroyed) return resolve();
    socket.on('close', () => resolve());
  });

function drip(socket: Socket, head: string, drop: string): void {
  socket.write(head);
  const timer = setInterval(() => socket.write(drop), 20);
  socket.on('close', () => clearInterval(timer));
}
