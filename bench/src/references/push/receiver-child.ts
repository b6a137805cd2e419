import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Received } from './receiver.js';

const DRIP_EVERY_MS = 100;

let answered = 0;
let last: { request: IncomingMessage; body: string } | undefined;

function answerOk(request: IncomingMessage, response: ServerResponse): void {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (text: string) => {
    body += text;
  });
  request.once('end', () => {
    answered += 1;
    last = { request, body };
    response.end();
  });
}

function drip(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.writeHead(200, { 'content-type': 'text/plain' });
  const timer = setInterval(() => response.write('.'), DRIP_EVERY_MS);
  response.once('close', () => clearInterval(timer));
}

const server = createServer((request, response) => {
  switch (request.url) {
    case '/hang':
      request.resume();
      return;
    case '/error':
      request.resume();
      response.writeHead(500).end();
      return;
    case '/drip':
      drip(request, response);
      return;
    default:
      answerOk(request, response);
  }
});

server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const received: Received = {
    atMs: performance.now(),
    cpuMs: (user + system) / 1000,
    answered,
    lastHeaders: Object.fromEntries(
      Object.entries(last?.request.headers ?? {}).map(([name, value]) => [name, String(value)]),
    ),
    lastBody: last?.body ?? '',
  };
  process.send?.(received);
});
process.once('SIGTERM', () => process.exit());
