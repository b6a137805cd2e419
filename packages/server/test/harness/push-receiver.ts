import { once } from 'node:events';
import {
  createServer as createPlainServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { expect } from 'vitest';
import { freePort } from './free-port.js';
import type { Json } from './http-server.js';

/** One POST as it arrived. */
export interface Push {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body as JSON, or undefined when it is not JSON. */
  readonly json: Json;
  /** For answers that `Reply` cannot express; the reply is then `none`. */
  readonly response: ServerResponse;
}

/** The receiver's answer: a status, one with headers, or none at all. */
export type Reply =
  | number
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | 'none';

/** A receiver of pushes, as a user would write one, that records its requests. */
export class PushReceiver {
  readonly pushes: Push[] = [];
  /** Decides on each answer; a promise makes the push wait. */
  reply: (push: Push) => Reply | Promise<Reply> = () => 200;
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  private port: number | undefined;

  private constructor(private readonly identity: { cert: string; key: string } | undefined) {}

  /** With a certificate it uses TLS. */
  static async start(identity?: { cert: string; key: string }): Promise<PushReceiver> {
    const receiver = new PushReceiver(identity);
    await receiver.startAgain();
    return receiver;
  }

  get url(): string {
    return `${this.identity === undefined ? 'http' : 'https'}://127.0.0.1:${this.port}/hook`;
  }

  /** The message ids of the pushes, in order. */
  get ids(): string[] {
    return this.pushes.map(({ headers }) => String(headers['webhook-id']));
  }

  async startAgain(): Promise<void> {
    const listener = (request: IncomingMessage, response: ServerResponse) =>
      void this.receive(request, response);
    const { identity } = this;
    this.server =
      identity === undefined ? createPlainServer(listener) : createTlsServer(identity, listener);
    this.server.on('tlsClientError', () => undefined);
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    this.port ??= await freePort();
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** Breaks all connections, as a crash would. */
  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    // Node's own list lacks connections in a TLS handshake, which would continue and serve pushes.
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** Waits until this number of pushes has arrived, and returns them. */
  async received(count: number, timeoutMs = 20_000): Promise<readonly Push[]> {
    await expect
      .poll(() => this.pushes.length, { timeout: timeoutMs, interval: 5 })
      .toBeGreaterThanOrEqual(count);
    return this.pushes;
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return;
    }
    const body = Buffer.concat(chunks);
    const { method = '', url: path = '', headers } = request;
    const push: Push = { method, path, headers, body, json: parsed(body), response };
    this.pushes.push(push);
    const reply = await this.reply(push);
    if (reply === 'none' || response.destroyed) return;
    const whole = typeof reply === 'number' ? { status: reply } : reply;
    response.writeHead(whole.status, whole.headers);
    response.end(whole.body);
  }
}

function parsed(body: Buffer): Json {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
