import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface ServiceCall {
  readonly path: string;
  readonly key: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as JSON; undefined if there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read bodies of every shape.
  readonly body: any;
  readonly atMs: number;
}

/** A status, with headers if there are any, or none at all: the connection breaks. */
export type Reply = number | { status: number; headers: Record<string, string> } | 'none';

/** A service that an example calls. It notes every call, and a test says how it answers. */
export class StubService {
  readonly calls: ServiceCall[] = [];
  reply: (call: ServiceCall) => Reply | Promise<Reply> = () => 200;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request.setEncoding('utf8')) text += chunk;
      const { url: path = '', headers } = request;
      const body = text === '' ? undefined : JSON.parse(text);
      const key = String(headers['idempotency-key']);
      const call = { path, key, headers, body, atMs: performance.now() };
      this.calls.push(call);
      const reply = await this.reply(call);
      if (reply === 'none') return response.destroy();
      const { status, headers: more } =
        typeof reply === 'number' ? { status: reply, headers: {} } : reply;
      return response.writeHead(status, more).end();
    });
  }

  /** Runs until the end of the test. */
  static async start(): Promise<StubService> {
    const service = new StubService();
    const server = service.#server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The keys or bodies that came more than once count once. */
  get keys(): string[] {
    return [...new Set(this.calls.map(({ key }) => key))];
  }
}
