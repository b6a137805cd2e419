import { isIP, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { buildConnector } from 'undici';
import { setSystemTimer } from '../../core/clock.js';
import { checkAddress } from './address-guard.js';
import { canonicalAddress } from './addresses.js';
import { withAnswerStarts } from './answer-starts.js';
import { connectToFirst, secure, withoutReconnect } from './checked-socket.js';
import type { Asker, Lookup, Lookups } from './lookups.js';
import type { Networks } from './networks.js';
import { PushFault } from './push-error.js';

export interface ConnectorOptions {
  readonly networks: Networks;
  readonly lookups: Pick<Lookups, 'lookup'>;
  readonly trust: SecureContext;
  readonly connectTimeoutMs: number;
}

/** The most addresses tried for one attempt, because a name may have hundreds. */
const ADDRESSES_TRIED_MAX = 4;

/**
 * Opens the connections of deliveries. It resolves a name, checks the addresses and connects to one of
 * the checked addresses, so a name server cannot give another answer between check and use. Literals
 * are checked in the same way, which matters because Node calls no `lookup` hook for them.
 */
export class GuardedConnector {
  private readonly underWay = new Set<AbortController>();

  constructor(private readonly options: ConnectorOptions) {}

  /** The connector of a project, in the form that undici needs. */
  connectorOf(project: string): buildConnector.connector {
    return (target, callback) => this.connect(project, target, callback);
  }

  private connect(
    project: string,
    target: buildConnector.Options,
    callback: buildConnector.Callback,
  ): void {
    const cut = new AbortController();
    this.underWay.add(cut);
    const cancelTimer = setSystemTimer(
      () => cut.abort(new PushFault('connection timed out')),
      this.options.connectTimeoutMs,
    );
    this.open(target, { project, signal: cut.signal })
      .finally(() => {
        cancelTimer();
        this.underWay.delete(cut);
      })
      .then(
        (socket) => callback(null, withAnswerStarts(withoutReconnect(socket))),
        (error: Error) => callback(error, null),
      );
  }

  /** Aborts the connections being opened; those already handed over belong to undici. */
  close(): void {
    for (const cut of this.underWay) cut.abort(new PushFault('cancelled'));
  }

  private async open(target: buildConnector.Options, asker: Asker): Promise<Socket> {
    const { signal } = asker;
    const isPlain = target.protocol !== 'https:';
    const host = target.hostname.replace(/^\[(.*)\]$/, '$1');
    const addresses = await this.allowedAddresses(host, isPlain, asker);
    const port = Number(target.port || (isPlain ? 80 : 443));
    const socket = await connectToFirst(addresses, port, signal);
    return isPlain ? socket : secure(socket, host, this.options.trust, signal);
  }

  private async allowedAddresses(host: string, isPlain: boolean, asker: Asker): Promise<string[]> {
    const found = isIP(host) !== 0 ? [host] : await this.resolve(host, asker);
    const allowed = found.flatMap((text) => {
      const verdict = checkAddress(text, this.options.networks);
      const address = canonicalAddress(text);
      return address && verdict.allowed && (verdict.byName || !isPlain) ? [address] : [];
    });
    if (allowed.length === 0) throw new PushFault('address not allowed');
    return allowed.slice(0, ADDRESSES_TRIED_MAX);
  }

  private async resolve(name: string, asker: Asker): Promise<string[]> {
    let found: Awaited<ReturnType<Lookup>>;
    try {
      found = await this.options.lookups.lookup(name, asker);
    } catch (error) {
      if (error instanceof PushFault) throw error;
      const { code } = error as { code?: unknown };
      const isUnknown = code === 'ENOTFOUND' || code === 'ENODATA';
      throw new PushFault(isUnknown ? 'name not found' : 'name lookup failed');
    }
    if (found.length === 0) throw new PushFault('name not found');
    return found.map(({ address }) => address);
  }
}
