import { promises as dns } from 'node:dns';
import { Agent } from 'undici';
import type { Clock } from '../../core/clock.js';
import { trustOf } from '../egress/certificate-authorities.js';
import { GuardedConnector } from '../egress/guarded-connector.js';
import { type Lookup, type LookupRoom, Lookups } from '../egress/lookups.js';
import type { Networks } from '../egress/networks.js';
import { checkUrl } from '../egress/push-url.js';
import { Deadlines } from './deadlines.js';
import { Exchange, type PushOutcome } from './exchange.js';

export interface PushClientOptions {
  readonly networks: Networks;
  readonly clock: Clock;
  /** More certificate authorities, in PEM form. */
  readonly ca?: readonly string[];
  readonly lookup?: Lookup;
  readonly lookupRoom?: LookupRoom;
  /** For name lookup, connection and TLS handshake together. */
  readonly connectTimeoutMs?: number;
  /**
   * The most connections of one sender to one origin. Further posts wait for a connection; the wait
   * counts towards their own timeout.
   */
  readonly connectionsPerOrigin?: number;
}

export interface PushRequest {
  /** Senders share no connections, so no sender waits for connections of another. */
  readonly sender?: string;
  /** The project, for a fair share of name lookups. */
  readonly project?: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** For the whole attempt, from the name lookup to the end of the answer. */
  readonly timeoutMs: number;
}

/** Whether the connection of a request is kept for the next one. */
type Connection = 'kept' | 'once';

/** Where a url leads; null if deliveries to it are not allowed. */
type Target = { readonly origin: string; readonly path: string } | null;

const TARGETS_MAX = 1_000;

const systemLookup: Lookup = (hostname) => dns.lookup(hostname, { all: true, verbatim: true });

/** By default Node's pool has four threads, and Node looks up names in half of them. */
const LOOKUP_ROOM: LookupRoom = { all: 2, unknown: 1 };

/**
 * Sends one POST per call: it follows no redirects, uses no proxy and decompresses no answers. A
 * receiver cannot make it throw, and cannot delay it beyond the timeout. Only a request that was sent on
 * a kept connection and found it closed is sent once more, on a new connection.
 */
export class PushClient {
  private readonly connector: GuardedConnector;
  /** By sender. An agent in `once` opens a new connection for each request. */
  private readonly agents = { kept: new Map<string, Agent>(), once: new Map<string, Agent>() };
  private readonly underWay = new Deadlines<Exchange>((exchange) => exchange.callOff('timeout'));
  private readonly targets = new Map<string, Target>();
  private closed = false;

  /** @throws Error if an authority is not a certificate */
  constructor(private readonly options: PushClientOptions) {
    this.connector = new GuardedConnector({
      networks: options.networks,
      lookups: new Lookups(options.lookup ?? systemLookup, options.lookupRoom ?? LOOKUP_ROOM),
      trust: trustOf(options.ca ?? []),
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    });
  }

  post(request: PushRequest): Promise<PushOutcome> {
    return new Promise((resolve) => {
      const end = (outcome: PushOutcome): void => {
        this.underWay.remove(exchange);
        resolve(outcome);
      };
      const send = (connection: Connection): void => {
        if (this.closed) exchange.callOff('cancelled');
        else this.send(request, exchange, connection);
      };
      const exchange = new Exchange(this.options.clock, request.timeoutMs, end, () => send('once'));
      this.underWay.add(exchange);
      send('kept');
    });
  }

  /** Ends posts under way as cancelled; to let them finish, wait for them before calling this. */
  async close(): Promise<void> {
    this.closed = true;
    for (const exchange of this.underWay.all()) exchange.callOff('cancelled');
    this.underWay.stop();
    this.connector.close();
    const { kept, once } = this.agents;
    await Promise.all([...kept.values(), ...once.values()].map((agent) => agent.destroy()));
  }

  /** For a sender that sends no more: closes its connections when its posts under way have ended. */
  forget(sender: string): void {
    if (this.closed) return;
    for (const agents of Object.values(this.agents)) {
      // If the agent is destroyed meanwhile, it is closed too.
      agents
        .get(sender)
        ?.close()
        .catch(() => undefined);
      agents.delete(sender);
    }
  }

  private agentOf(sender: string, project: string, connection: Connection): Agent {
    let agent = this.agents[connection].get(sender);
    if (agent === undefined) {
      // Not undici's global agent, which may be set to use a proxy.
      agent = new Agent({
        connect: this.connector.connectorOf(project),
        connections: this.options.connectionsPerOrigin ?? 1_024,
        allowH2: false,
        pipelining: connection === 'kept' ? 1 : 0,
        maxHeaderSize: 16 * 1024,
        keepAliveTimeout: 4_000,
        // So that a change of a name's addresses is followed soon, however long a receiver would keep
        // the connection.
        keepAliveMaxTimeout: 30_000,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      this.agents[connection].set(sender, agent);
    }
    return agent;
  }

  private targetOf(url: string): Target {
    let target = this.targets.get(url);
    if (target === undefined) {
      // Checked again: the networks may have changed since the subscription was made.
      const checked = checkUrl(url, this.options.networks);
      target =
        checked.verdict === 'ok'
          ? { origin: checked.url.origin, path: checked.url.pathname + checked.url.search }
          : null;
      if (this.targets.size >= TARGETS_MAX) this.targets.clear();
      this.targets.set(url, target);
    }
    return target;
  }

  private send(
    { sender = '', project = '', url, headers, body }: PushRequest,
    exchange: Exchange,
    connection: Connection,
  ): void {
    const target = this.targetOf(url);
    if (target === null) {
      exchange.callOff('url not allowed');
      return;
    }
    const { origin, path } = target;
    const request = { origin, path, method: 'POST', headers, body } as const;
    this.agentOf(sender, project, connection).dispatch(request, exchange);
  }
}
