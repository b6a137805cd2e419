import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setSystemTimer } from '../../core/clock.js';
import { SpelledResponse } from '../connection/header-spelling.js';
import { isPlainHost } from '../connection/plain-host.js';
import { PROTECTING_HEADERS } from '../connection/protecting-headers.js';
import type { MetricsPage } from './metrics.js';

/** Enough for a few scrapers and a person. */
const CONNECTIONS_MAX = 32;
const HEADERS_MAX_BYTES = 8 * 1024;
const REQUEST_TIMEOUT_MS = 5_000;
/** A connection that is idle for this long is closed. */
const IDLE_TIMEOUT_MS = 30_000;
/** How long answers under way may take when the server stops. */
const ANSWER_WITHIN_MS = 1_000;
const TEXT_TYPE = 'text/plain; charset=utf-8';

export interface MetricsListener {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the metrics without a key on an address of their own. The operator decides, by the choice of
 * the address, who can reach it.
 *
 * @throws Error with a message for the operator if the server cannot listen there
 */
export async function listenForMetrics(
  page: MetricsPage,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<MetricsListener> {
  const server = createServer(
    {
      ServerResponse: SpelledResponse,
      maxHeaderSize: HEADERS_MAX_BYTES,
      headersTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: REQUEST_TIMEOUT_MS,
    },
    (request, response) => {
      answer(page, request, response).catch(() => response.destroy());
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  server.timeout = IDLE_TIMEOUT_MS;
  server.on('clientError', (_error, socket) => socket.destroy());
  await listening(server, host, port);
  // If a connection cannot be accepted, for lack of memory, the server goes on.
  server.on('error', () => undefined);
  const named = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${named}:${(server.address() as AddressInfo).port}/metrics`,
    close: () =>
      new Promise((resolve) => {
        const cancel = setSystemTimer(() => server.closeAllConnections(), ANSWER_WITHIN_MS);
        server.close(() => {
          cancel();
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ message }) =>
      reject(
        new Error(`the metrics cannot be served: ${message}; choose another --metrics-listen`),
      ),
    );
    server.listen({ host, port }, resolve);
  });
}

async function answer(
  page: MetricsPage,
  { method = '', url = '', headers }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const end = (status: number, text: string, more: Record<string, string> = {}): void => {
    response.writeHead(status, { ...PROTECTING_HEADERS, 'content-type': TEXT_TYPE, ...more });
    response.end(method === 'HEAD' ? '' : text);
  };
  if (!isPlainHost(headers.host ?? '')) {
    return end(403, 'The header Host must be an IP address or localhost.\n');
  }
  if (url.split('?', 1)[0] !== '/metrics') return end(404, 'Only /metrics is served here.\n');
  if (method !== 'GET' && method !== 'HEAD') {
    return end(405, 'Use GET or HEAD.\n', { allow: 'GET, HEAD' });
  }
  end(200, await page.text(), { 'content-type': page.contentType });
}
