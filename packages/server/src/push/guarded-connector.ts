import { isIP, connect as openSocket, type Socket } from 'node:net';
import { type SecureContext, connect as startTls } from 'node:tls';
import type { buildConnector } from 'undici';
import { setSystemTimer } from '../core/clock.js';
import { judgeAddress } from './address-guard.js';
import { isSameAddress } from './addresses.js';
import type { Networks } from './networks.js';
import { PushFault } from './push-error.js';
import { withoutFinalDot } from './push-url.js';

/** Resolves a name to addresses, all of them, in the order in which they should be tried. */
export type Lookup = (hostname: string) => Promise<readonly { readonly address: string }[]>;

export interface ConnectorOptions {
  readonly networks: Networks;
  readonly lookup: Lookup;
  readonly trust: SecureContext;
  readonly connectTimeoutMs: number;
}

/** A name with hundreds of addresses must not make one attempt into hundreds. */
const ADDRESSES_TRIED_MAX = 4;
/** How long to wait for an address while there is another one to try. */
const PATIENCE_MS = 3_000;

/**
 * Connects deliveries. It resolves a name, judges the addresses and connects to one of those that it
 * has judged, so there is no second answer of a name server between check and use. Literals take the
 * same way, which matters because Node asks no `lookup` hook about them.
 */
export class GuardedConnector {
  private readonly underWay = new Set<AbortController>();

  constructor(private readonly options: ConnectorOptions) {}

  /** The form in which undici asks for a connection. */
  readonly connect: buildConnector.connector = (target, callback) => {
    const cut = new AbortController();
    this.underWay.add(cut);
    const cancelTimer = setSystemTimer(
      () => cut.abort(new PushFault('connection timed out')),
      this.options.connectTimeoutMs,
    );
    this.open(target, cut.signal)
      .finally(() => {
        cancelTimer();
        this.underWay.delete(cut);
      })
      .then(
        (socket) => callback(null, socket),
        (error: Error) => callback(error, null),
      );
  };

  /** Ends the connections that are being made; those that were handed over belong to undici. */
  close(): void {
    for (const cut of this.underWay) cut.abort(new PushFault('cancelled'));
  }

  private async open(target: buildConnector.Options, signal: AbortSignal): Promise<Socket> {
    const isPlain = target.protocol !== 'https:';
    const host = target.hostname.replace(/^\[(.*)\]$/, '$1');
    const addresses = await this.allowedAddresses(host, isPlain, signal);
    const port = Number(target.port || (isPlain ? 80 : 443));
    const socket = await connectToFirst(addresses, port, signal);
    return isPlain ? socket : secure(socket, host, this.options.trust, signal);
  }

  private async allowedAddresses(
    host: string,
    isPlain: boolean,
    signal: AbortSignal,
  ): Promise<string[]> {
    const found = isIP(host) !== 0 ? [host] : await this.resolve(host, signal);
    const allowed = found.filter((address) => {
      const verdict = judgeAddress(address, this.options.networks);
      return verdict.allowed && (verdict.byName || !isPlain);
    });
    if (allowed.length === 0) throw new PushFault('address not allowed');
    return allowed.slice(0, ADDRESSES_TRIED_MAX);
  }

  private async resolve(name: string, signal: AbortSignal): Promise<string[]> {
    let found: Awaited<ReturnType<Lookup>>;
    try {
      found = await orAborted(this.options.lookup(name), signal);
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

async function connectToFirst(
  addresses: readonly string[],
  port: number,
  signal: AbortSignal,
): Promise<Socket> {
  let fault: unknown;
  for (const [index, address] of addresses.entries()) {
    const isLast = index === addresses.length - 1;
    try {
      return await connectTo(address, port, signal, isLast ? undefined : PATIENCE_MS);
    } catch (error) {
      if (signal.aborted) throw error;
      fault = error;
    }
  }
  throw fault;
}

async function connectTo(
  address: string,
  port: number,
  signal: AbortSignal,
  patienceMs: number | undefined,
): Promise<Socket> {
  const socket = openSocket({ host: address, port, autoSelectFamily: false, noDelay: true });
  const stopWaiting =
    patienceMs === undefined
      ? undefined
      : setSystemTimer(() => socket.destroy(new PushFault('connection timed out')), patienceMs);
  try {
    await untilReady(socket, 'connect', signal);
  } finally {
    stopWaiting?.();
  }
  // Nothing has been sent yet. What the kernel connected to is what was judged, or it is closed.
  if (!isSameAddress(socket.remoteAddress ?? '', address)) {
    socket.destroy();
    throw new PushFault('address not allowed');
  }
  return socket;
}

async function secure(
  socket: Socket,
  host: string,
  trust: SecureContext,
  signal: AbortSignal,
): Promise<Socket> {
  const secured = startTls({
    socket,
    secureContext: trust,
    ALPNProtocols: ['http/1.1'],
    // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED cannot turn it off.
    rejectUnauthorized: true,
    // An address is compared with the certificate too, but is never sent as a name.
    ...(isIP(host) === 0 ? { servername: withoutFinalDot(host) } : { host }),
  });
  await untilReady(secured, 'secureConnect', signal);
  return secured;
}

/** Resolves with the event; destroys the socket where that does not come. */
function untilReady(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => socket.destroy(signal.reason);
    const settle = (error?: unknown) => {
      signal.removeEventListener('abort', onAbort);
      if (error === undefined) return resolve();
      socket.destroy();
      reject(error);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    socket.once(event, () => settle());
    // It stays, so that an error before undici listens does not end the process.
    socket.on('error', settle);
    socket.once('close', () => settle(new PushFault('connection closed')));
  });
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
