import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { parseNetworks } from '../egress/networks.js';
import { PushClient, type PushRequest } from './push-client.js';

const clock = { nowMs: () => 0, wallMs: () => 0, monotonicMs: () => 0, setTimer: () => () => {} };
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/**
 * A receiver that writes its own answers. `speak` is passed the number of the request and of its
 * connection.
 */
async function receiver(speak: (socket: Socket, request: number, connection: number) => unknown) {
  const requests: number[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = requests.push(0) - 1;
    closers.push(() => socket.destroy());
    socket.on('error', () => {});
    let text = '';
    socket.on('data', (data) => {
      text += data;
      if (!text.endsWith(BODY)) return;
      text = '';
      const request = (requests[connection] as number) + 1;
      requests[connection] = request;
      void speak(socket, request, connection);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, requests };
}

function newClient(): PushClient {
  const networks = parseNetworks(['127.0.0.1']);
  const client = new PushClient({ networks, clock, connectionsPerOrigin: 1 });
  closers.push(() => client.close());
  return client;
}

const BODY = 'the end of it';
const post = (client: PushClient, url: string, more: Partial<PushRequest> = {}) =>
  client.post({ url, headers: {}, body: Buffer.from(BODY), timeoutMs: 5_000, ...more });

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine';
const REFUSED = 'HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n';

async function byteByByte(socket: Socket, text: string): Promise<void> {
  for (const byte of text) {
    socket.write(byte);
    await pause(1);
  }
}

describe('an unexpected 100 Continue', () => {
  it.each<[string, (socket: Socket, answer: string) => unknown]>([
    ['with the answer', (s, answer) => s.write(CONTINUE + answer)],
    [
      'before the answer',
      (s, answer) => s.write(CONTINUE, () => setTimeout(() => s.write(answer))),
    ],
    ['twice', (s, answer) => s.write(CONTINUE + CONTINUE + answer)],
    ['with headers', (s, answer) => s.write(`HTTP/1.1 100 Continue\r\nX-A: b\r\n\r\n${answer}`)],
    ['of HTTP/1.0', (s, answer) => s.write(`HTTP/1.0 100\r\n\r\n${answer}`)],
    ['byte by byte', (s, answer) => byteByByte(s, CONTINUE + answer)],
    [
      'with another interim answer',
      (s, a) => s.write(`${CONTINUE}HTTP/1.1 103 Early\r\n\r\n${CONTINUE}${a}`),
    ],
  ])('does not hide the answer: %s', async (_, speak) => {
    const { url, requests } = await receiver((s, request) => speak(s, request > 1 ? REFUSED : OK));
    const client = newClient();
    expect(await post(client, url)).toMatchObject({ status: 200 });
    expect(await post(client, url)).toMatchObject({ status: 500 });
    expect(requests).toEqual([2]);
  });

  it('does not count as the answer', async () => {
    const { url } = await receiver((socket) => socket.end(CONTINUE));
    expect(await post(newClient(), url)).toMatchObject({ error: 'connection closed' });
  });

  it('is left unchanged within a body', async () => {
    const body = CONTINUE.repeat(3);
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`;
    const { url, requests } = await receiver((s) => s.write(head, () => byteByByte(s, body)));
    const client = newClient();
    for (let count = 0; count < 2; count += 1) {
      expect(await post(client, url)).toMatchObject({ status: 200 });
    }
    expect(requests).toEqual([2]);
  });

  it('does not keep a request open for ever when it is repeated', async () => {
    const { url } = await receiver((socket) => {
      const timer = setInterval(() => socket.write(CONTINUE), 5);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await post(newClient(), url, { timeoutMs: 100 })).toMatchObject({ error: 'timeout' });
  });

  it('is refused when its head is too long', async () => {
    const head = `HTTP/1.1 100 Continue\r\n${'X-A: b\r\n'.repeat(20_000)}\r\n`;
    const { url } = await receiver((socket) => socket.write(head));
    expect(await post(newClient(), url)).toMatchObject({ error: 'answer headers too large' });
  });
});

describe('a kept connection that closes as the next request arrives', () => {
  const ends: [string, (socket: Socket) => unknown][] = [
    ['reset', (socket) => socket.resetAndDestroy()],
    ['closed', (socket) => socket.end()],
  ];

  it.each(ends)('does not make the request fail: %s', async (_, end) => {
    const { url, requests } = await receiver((socket, request) =>
      request === 1 ? socket.write(OK) : end(socket),
    );
    const client = newClient();
    for (let count = 0; count < 4; count += 1) {
      expect(await post(client, url)).toMatchObject({ status: 200 });
    }
    // The first request of each pair, the second on the same connection, and the second again.
    expect(requests).toEqual([2, 1, 2, 1].slice(0, requests.length));
    expect(requests.reduce((sum, count) => sum + count)).toBeGreaterThan(4);
  });

  it.each(ends)('makes the request be sent once more, but not twice: %s', async (_, end) => {
    const { url, requests } = await receiver((socket, _request, connection) =>
      connection === 0 && requests[0] === 1 ? socket.write(OK) : end(socket),
    );
    const client = newClient();
    expect(await post(client, url)).toMatchObject({ status: 200 });
    expect(await post(client, url)).toMatchObject({ error: 'connection closed' });
    expect(requests).toEqual([2, 1]);
  });

  it.each(ends)('makes the request fail when the connection was new: %s', async (_, end) => {
    const { url, requests } = await receiver((socket) => end(socket));
    expect(await post(newClient(), url)).toMatchObject({ error: 'connection closed' });
    expect(requests).toEqual([1]);
  });

  it.each(ends)('makes the request fail when the answer had begun: %s', async (_, end) => {
    const { url, requests } = await receiver((socket, request) => {
      if (request === 1) socket.write(OK);
      else socket.write('HTTP/1.1 2', () => setTimeout(() => end(socket), 20));
    });
    const client = newClient();
    expect(await post(client, url)).toMatchObject({ status: 200 });
    expect(await post(client, url)).toMatchObject({ error: 'connection closed' });
    expect(requests).toEqual([2]);
  });
});
