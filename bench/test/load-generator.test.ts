import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { generateLoad } from '../src/load/load-generator.js';

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
let server: Server | undefined;

afterEach(() => {
  server?.close();
});

/** Answers each request (each is small and arrives in one chunk) as the test says. */
async function serve(answer: (socket: Socket, request: string) => void): Promise<number> {
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.setNoDelay(true).on('data', (chunk) => answer(socket, chunk.toString()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function run(port: number, extra: object = {}) {
  const options = { port, connections: 3, warmupMs: 0, durationMs: 5000, unitLimit: 30 };
  return generateLoad({ ...options, nextRequest: () => REQUEST, ...extra });
}

test('an answer is read whole wherever it is split and however its headers are ordered', async () => {
  const text = 'HTTP/1.1 200 OK\r\ncontent-LENGTH:5\r\nX-Request-Id: a\r\n\r\nh\u00e9y!';
  const bytes = Buffer.from(text, 'utf8');
  let cut = 0;
  const port = await serve((socket) => {
    cut = (cut % (bytes.length - 1)) + 1;
    socket.write(bytes.subarray(0, cut));
    const rest = bytes.subarray(cut);
    setTimeout(() => socket.write(rest), 2);
  });
  const bodies = new Set<string>();
  const result = await run(port, {
    unitLimit: 100,
    onBody: (body: Buffer) => void bodies.add(body.toString()),
  });
  expect(result).toMatchObject({ completed: 100, answered: 100, errors: 0, nonSuccess: 0 });
  expect([...bodies]).toEqual(['h\u00e9y!']);
  expect(result.p50Ms).toBeGreaterThan(1);
  expect(result.p99Ms).toBeGreaterThanOrEqual(result.p50Ms);
});

test('a callback for a body can add a request to its unit', async () => {
  const seen: string[] = [];
  const port = await serve((socket, request) => {
    seen.push(request.slice(0, 3));
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  let answers = 0;
  const onBody = () => (answers++ % 2 === 0 ? REQUEST.replace('GET', 'ACK') : undefined);
  const result = await run(port, { connections: 1, unitLimit: 2, onBody });
  expect(result).toMatchObject({ completed: 2, answered: 4 });
  expect(seen).toEqual(['GET', 'ACK', 'GET', 'ACK']);
});

test('unsuccessful answers are counted, and the first is kept', async () => {
  const port = await serve((socket) =>
    socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone'),
  );
  const result = await run(port);
  expect(result).toMatchObject({
    completed: 0,
    nonSuccess: 30,
    errors: 0,
    firstBadAnswer: '404 gone',
  });
});

test('a 200 answer with a rejected body is no success', async () => {
  const port = await serve((socket) =>
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]'),
  );
  const result = await run(port, { acceptBody: (body: Buffer) => !body.includes('[]') });
  expect(result).toMatchObject({ nonSuccess: 30, firstBadAnswer: '200 []' });
});

test('a closed connection and an answer without a length are errors', async () => {
  const closing = await serve((socket) => socket.destroy());
  expect(await run(closing)).toMatchObject({ completed: 0, errors: 3 });
  server?.close();
  const chunked = await serve((socket) =>
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
  );
  const result = await run(chunked);
  expect(result.errors).toBe(3);
  expect(result.firstError).toContain('Content-Length');
});
