import { connect, type Socket } from 'node:net';
import type { HttpAnswer, Json } from './http-server.js';

/**
 * Sends bytes on a bare socket, for requests that no well-behaved client sends. The answer is everything
 * received until the server closed the connection; undefined when it closed without one.
 */
export function exchange(
  url: string,
  parts: readonly (string | Uint8Array)[],
  { hangUpAfterSending = false } = {},
): Promise<HttpAnswer | undefined> {
  return new Promise((resolve, reject) => {
    const socket = openSocket(url);
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error('the server neither answered nor closed the connection'));
    }, 30_000);
    socket.on('data', (chunk) => chunks.push(chunk));
    // The server may close before it has read everything; what it sent before that counts.
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(readAnswer(Buffer.concat(chunks).toString('utf8')));
    });
    for (const part of parts) socket.write(part);
    if (hangUpAfterSending) socket.end();
  });
}

/** The head of a request that asks the server to close the connection after its answer. */
export function requestHead(
  method: string,
  path: string,
  headers: Record<string, string | number>,
): string {
  const all = { Host: 'millrace.test', Connection: 'close', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

export function openSocket(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect({ host: hostname, port: Number(port), allowHalfOpen: true });
}

function readAnswer(text: string): HttpAnswer | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [statusLine = '', ...lines] = text.slice(0, headEnd).split('\r\n');
  const headers = new Headers(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  const body = text.slice(headEnd + 4);
  return { status: Number(statusLine.split(' ')[1]), headers, text: body, body: parse(body) };
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
