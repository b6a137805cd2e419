import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';

/** What a fake server does with a call: the `data` or the `error` of its answer, no answer, or a broken connection. */
export type Reply =
  | { readonly data: object }
  | { readonly ok: false; readonly error: object }
  | 'nothing'
  | 'broken';

/** A server that answers as a test wants, where a real one would have to fail at the right moment. */
export class FakeServer {
  readonly #server: Server;
  /** The paths of the calls so far. */
  readonly paths: string[] = [];

  private constructor(reply: (path: string) => Reply) {
    this.#server = createServer((request, response) => this.#answer(request, response, reply));
  }

  static async start(reply: (path: string) => Reply): Promise<FakeServer> {
    const fake = new FakeServer(reply);
    fake.#server.listen(0, '127.0.0.1');
    await once(fake.#server, 'listening');
    return fake;
  }

  get environment(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    return { MILLRACE_URL: `http://127.0.0.1:${port}`, MILLRACE_API_KEY: 'a-key-of-a-fake-server' };
  }

  #answer(
    request: IncomingMessage,
    response: ServerResponse,
    reply: (path: string) => Reply,
  ): void {
    const path = request.url ?? '';
    request.resume().on('end', () => {
      this.paths.push(path);
      const wanted = reply(path);
      if (wanted === 'broken') request.socket.destroy();
      else if (wanted !== 'nothing') response.end(JSON.stringify({ ok: true, ...wanted }));
    });
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** Starts fake servers, which end with the test. */
export function useFakeServers(): (reply: (path: string) => Reply) => Promise<FakeServer> {
  const started: FakeServer[] = [];
  afterEach(() => {
    for (const server of started.splice(0)) server.stop();
  });
  return async (reply) => {
    const server = await FakeServer.start(reply);
    started.push(server);
    return server;
  };
}
