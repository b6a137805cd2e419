import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A network that now and then breaks a connection just as an answer arrives. */
export class CuttingProxy {
  cuts = 0;
  /** Where connections lead; it changes when the server is restarted. */
  target: URL | undefined;

  private constructor(
    private readonly server: Server,
    private readonly cutShare: number,
  ) {}

  /** @param cutShare the share of answers that never arrive */
  static async start(cutShare: number): Promise<CuttingProxy> {
    const server = createServer();
    const proxy = new CuttingProxy(server, cutShare);
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
      if (Math.random() >= this.cutShare) {
        client.write(chunk);
        return;
      }
      this.cuts += 1;
      client.resetAndDestroy();
      server.destroy();
    });
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  }
}
