import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StubRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  // biome-ignore lint/suspicious/noExplicitAny: tests read bodies of every shape.
  readonly body: any;
}

export type StubAnswer = (request: StubRequest, response: ServerResponse) => void;

/** A server that answers each request as the test says, in turn; the last answer repeats. */
export class StubServer {
  readonly requests: StubRequest[] = [];
  #answers: StubAnswer[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<StubServer> {
    const server = createServer();
    const stub = new StubServer(server);
    server.on('request', (request, response) => void stub.accept(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  answer(...answers: StubAnswer[]): void {
    this.requests.length = 0;
    this.#answers = answers;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async accept(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const { method = '', url = '', headers } = message;
    const request = { method, url, headers, body: text === '' ? undefined : JSON.parse(text) };
    this.requests.push(request);
    const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
    answer?.(request, response);
  }
}

const METADATA = { request_id: 'request-1' };

export const ok =
  (data: unknown): StubAnswer =>
  (_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ok: true, data, error: null, metadata: METADATA }));
  };

export const refusal =
  (status: number, code: string, headers: Record<string, string> = {}): StubAnswer =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    const error = { code, status, message: `refused with ${code}` };
    response.end(JSON.stringify({ ok: false, data: null, error, metadata: METADATA }));
  };

/** An error page of a proxy. */
export const page =
  (status: number): StubAnswer =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'text/html' });
    response.end('<html>oops</html>');
  };

/** The connection breaks before the answer. */
export const broken: StubAnswer = (_, response) => response.destroy();

/** No answer ever comes. */
export const silent: StubAnswer = () => undefined;
