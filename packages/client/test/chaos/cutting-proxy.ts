import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A network that now and then breaks a connection just as an answer arrives. */
export class CuttingProxy {
  cuts = 0;
  /** Where connections lead; it changes when the server is restarted. */
  target: URL | undefined;
  #answersUntilCut: number;

  private constructor(
    private readonly server: Server,
    private readonly cutEvery: number,
  ) {
    this.#answersUntilCut = this.#nextInterval();
  }

  /** @param cutEvery answers from one that never arrives to the next, on average; at most 1.5 times as many */
  static async start(cutEvery: number): Promise<CuttingProxy> {
    const server = createServer();
    const proxy = new CuttingProxy(server, cutEvery);
    server.on('connection', (client) => proxy.accept(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
  }

  private accept(client: Socket): void {
    client.on('error', () => undefined);
    if (this.target === undefined) {
      client.resetAndDestroy();
      return;
    }
    const { hostname: host, port } = this.target;
    const server = connect({ host, port: Number(port) });
    server.on('error', () => undefined);
    client.pipe(server);
    server.on('data', (chunk) => {
      this.#answersUntilCut -= 1;
      if (this.#answersUntilCut > 0) {
        client.write(chunk);
        return;
      }
      this.#answersUntilCut = this.#nextInterval();
      this.cuts += 1;
      client.resetAndDestroy();
      server.destroy();
    });
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  }

  #nextInterval(): number {
    return this.cutEvery * (0.5 + Math.random());
  }
}
