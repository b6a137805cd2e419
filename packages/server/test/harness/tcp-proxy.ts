import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

interface Link {
  readonly client: Socket;
  readonly target: Socket;
}

/**
 * A network between a server and its database that a test can break: it can cut connections, or lose
 * data without notice to either side.
 */
export class TcpProxy {
  private readonly links = new Set<Link>();
  /** Connections that arrived while the network was silent. */
  private readonly held = new Set<Socket>();
  /** Ends of connections whose other end is gone without notice. */
  private readonly forgotten = new Set<Socket>();
  /** Called when the target has answered and waits for the next packet of a transaction. */
  private whenInTransaction: (() => void) | undefined;
  private silent = false;
  private refusing = false;

  private constructor(
    private readonly targetUrl: URL,
    private readonly server: Server,
  ) {}

  /** Starts a proxy to the host and port in `targetUrl`. */
  static async start(targetUrl: string): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(new URL(targetUrl), server);
    server.on('connection', (client) => proxy.accept(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  /** The target's URL, by way of this proxy. */
  get url(): string {
    const url = new URL(this.targetUrl);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as { port: number }).port);
    return url.toString();
  }

  get connections(): number {
    return this.links.size;
  }

  /** Resets all connections at both ends, as a firewall or a crashed router does. */
  cut(): void {
    for (const { client, target } of this.links) {
      client.resetAndDestroy();
      target.resetAndDestroy();
    }
  }

  /** From now on new connections are reset, too. */
  refuse(): void {
    this.refusing = true;
    this.cut();
  }

  /** Loses contact without notice: nothing arrives any more. Connections stay open. */
  goSilent(): void {
    this.silent = true;
    for (const { client, target } of this.links) {
      client.pause();
      target.pause();
    }
  }

  /**
   * Goes silent between two round trips of a PostgreSQL transaction, or after this time outside of one.
   *
   * @returns whether it caught a transaction
   */
  async goSilentInTransaction(withinMs: number): Promise<boolean> {
    const caught = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), withinMs);
      this.whenInTransaction = () => {
        // At once: a turn later the client's next packet might already have passed.
        this.goSilent();
        clearTimeout(timer);
        resolve(true);
      };
    });
    this.whenInTransaction = undefined;
    if (!caught) this.goSilent();
    return caught;
  }

  /** Makes the present clients vanish without notice: the target keeps their connections. */
  loseClients(): void {
    for (const link of this.links) {
      this.links.delete(link);
      link.client.destroy();
      this.forgotten.add(link.target.pause());
    }
    for (const client of this.held) client.destroy();
    this.held.clear();
  }

  /** Ends the faults above: data sent meanwhile arrives late, as TCP ensures. */
  resume(): void {
    this.silent = false;
    this.refusing = false;
    for (const client of this.held) this.link(client);
    this.held.clear();
    for (const { client, target } of this.links) {
      client.resume();
      target.resume();
    }
  }

  /** Makes the present connections silent for good, as after a failover; new ones work. */
  forgetConnections(): void {
    for (const link of this.links) {
      this.links.delete(link);
      link.client.pause();
      link.target.destroy();
      this.forgotten.add(link.client);
    }
  }

  async stop(): Promise<void> {
    this.cut();
    for (const client of [...this.held, ...this.forgotten]) client.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(client: Socket): void {
    client.on('error', () => undefined);
    if (this.refusing) client.resetAndDestroy();
    else if (this.silent) this.held.add(client.pause());
    else this.link(client);
  }

  private link(client: Socket): void {
    const target = connect({ host: this.targetUrl.hostname, port: Number(this.targetUrl.port) });
    const link = { client, target };
    this.links.add(link);
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      from.on('data', (chunk: Buffer) => {
        to.write(chunk);
        if (from === target && isInTransaction(chunk)) this.whenInTransaction?.();
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        // A forgotten link must not let the client notice that its other end is gone.
        if (this.links.delete(link)) to.destroy();
      });
    }
  }
}

/** PostgreSQL's ReadyForQuery, at the end of its answer, with the status "in a transaction". */
const READY_IN_TRANSACTION = Buffer.from([0x5a, 0, 0, 0, 5, 0x54]);

const isInTransaction = (chunk: Buffer): boolean =>
  chunk.subarray(-READY_IN_TRANSACTION.length).equals(READY_IN_TRANSACTION);
