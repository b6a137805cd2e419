import { isIP, connect as openSocket, type Socket } from 'node:net';
import { type SecureContext, connect as startTls } from 'node:tls';
import { errors } from 'undici';
import { setSystemTimer } from '../../core/clock.js';
import { canonicalAddress } from './addresses.js';
import { PushFault } from './push-error.js';
import { withoutFinalDot } from './push-url.js';

/** How long to wait for an address if there is another one to try. */
const PATIENCE_MS = 3_000;

/** Connects to the first of these checked addresses that answers. */
export async function connectToFirst(
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
  // Nothing has been sent yet. If the kernel connected to another address than the checked one, close.
  if (canonicalAddress(socket.remoteAddress ?? '') !== address) {
    socket.destroy();
    throw new PushFault('address not allowed');
  }
  return socket;
}

/** Starts TLS on a socket, as a client of this host. */
export async function secure(
  socket: Socket,
  host: string,
  trust: SecureContext,
  signal: AbortSignal,
): Promise<Socket> {
  try {
    const secured = startTls({
      socket,
      secureContext: trust,
      ALPNProtocols: ['http/1.1'],
      // Set explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED cannot turn it off.
      rejectUnauthorized: true,
      // An address is compared with the certificate too, but is never sent as a server name.
      ...(isIP(host) === 0 ? { servername: withoutFinalDot(host) } : { host }),
    });
    await untilReady(secured, 'secureConnect', signal);
    return secured;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Resolves with the event; destroys the socket if the event does not come. */
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
    // This listener stays, so that an error before undici listens does not end the process.
    socket.on('error', settle);
    socket.once('close', () => settle(new PushFault('connection closed')));
  });
}

/**
 * When a request is aborted, undici destroys its connection with a kind of error after which it opens a
 * new connection, although there is no request for it. After a `SocketError` it does so only if another
 * request waits.
 */
export function withoutReconnect(socket: Socket): Socket {
  const destroy = socket.destroy.bind(socket);
  socket.destroy = (error?: Error & { code?: string }) =>
    destroy(error?.code === 'UND_ERR_INFO' ? new errors.SocketError(error.message) : error);
  return socket;
}
