import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setSystemTimer } from '../../core/clock.js';
import { addressGroup, plainAddress } from './client-address.js';

/** The most connections of one address without an accepted key; beyond that the oldest is closed. */
const UNACCEPTED_OF_ADDRESS_MAX = 512;
/** The most requests of one connection that wait for answers; no real client sends more ahead. */
const PIPELINED_MAX = 64;
/** How often transfers are checked; a connection that is too slow twice in a row is closed. */
const CHECK_MS = 5_000;
const LEAST_BYTES_PER_LOOK = 4 * 1024;

declare module 'fastify' {
  interface FastifyInstance {
    connections: Connections;
  }
}

interface Connection {
  readonly socket: Socket;
  /** The address it is counted under while it has no accepted key; undefined once it has one. */
  countedWith: string | undefined;
  /** The number of requests whose answer is not complete. */
  calls: number;
  /** Starts the requests that have not begun. */
  readonly waiting: (() => void)[];
  /** The answer of the request that has begun. */
  answer: ServerResponse | undefined;
  /** Ends the body that is still arriving; undefined if there is none. */
  endBody: (() => void) | undefined;
  /** The bytes transferred up to the last check. */
  transferredBytes: number;
  /** The bytes of the current chunk that the system still had to send at the last check. */
  queuedBytes: number;
  wasSlow: boolean;
}

/**
 * The connections of the server. Their number is bounded, and so is the number that one address may
 * have without a key. No limit here refuses a valid key: many clients may share an address, so a new
 * connection is accepted, and an older one that has shown no key is closed to make room.
 */
export class Connections {
  private readonly bySocket = new Map<Socket, Connection>();
  private readonly unaccepted = new Map<string, Set<Connection>>();
  private cancelCheck: (() => void) | undefined;
  private isStopping = false;
  /** The number of connections with calls under way. */
  private busy = 0;
  private onNoneBusy: (() => void) | undefined;

  /** @param behindProxy true if connections come from a proxy instead of from clients */
  constructor(
    private readonly max: number,
    private readonly behindProxy: boolean,
  ) {}

  count(): { readonly accepted: number; readonly unaccepted: number } {
    let unaccepted = 0;
    for (const connections of this.unaccepted.values()) unaccepted += connections.size;
    return { accepted: this.bySocket.size - unaccepted, unaccepted };
  }

  opened(socket: Socket): void {
    if (this.bySocket.size >= this.max && !this.makeRoom()) {
      socket.destroy();
      return;
    }
    // Each call of a connection may listen for its end.
    socket.setMaxListeners(2 * PIPELINED_MAX);
    const connection: Connection = {
      socket,
      countedWith: undefined,
      calls: 0,
      waiting: [],
      answer: undefined,
      endBody: undefined,
      transferredBytes: 0,
      queuedBytes: 0,
      wasSlow: false,
    };
    this.bySocket.set(socket, connection);
    socket.once('close', () => this.closed(connection));
    // Behind a proxy the client's address is unknown until a request names it.
    this.countWith(connection, this.behindProxy ? '' : plainAddress(socket.remoteAddress ?? ''));
    this.cancelCheck ??= setSystemTimer(() => this.checkAll(), CHECK_MS);
  }

  /** To be called when a request has shown a valid key. */
  accepted(socket: Socket): void {
    const connection = this.bySocket.get(socket);
    if (connection?.countedWith !== undefined) this.uncount(connection);
  }

  /** To be called when a request of this address was refused for its key. */
  refused(socket: Socket, address: string): void {
    const connection = this.bySocket.get(socket);
    if (connection !== undefined) this.countWith(connection, address);
  }

  /**
   * Takes a request, which begins when those before it on its connection have ended. Returns false if
   * too many wait there, in which case the connection is closed, or if the connection has gone.
   */
  callBegins(socket: Socket, answer: ServerResponse, handle: () => void): boolean {
    const connection = this.bySocket.get(socket);
    if (connection === undefined || socket.destroyed) return false;
    if (connection.calls === PIPELINED_MAX) {
      socket.destroy();
      return false;
    }
    connection.calls += 1;
    const begin = (): void => {
      connection.answer = answer;
      if (this.isStopping) this.closeWithAnswer(connection);
      handle();
    };
    if (connection.calls > 1) connection.waiting.push(begin);
    else {
      this.busy += 1;
      begin();
    }
    return true;
  }

  callEnds(socket: Socket): void {
    const connection = this.bySocket.get(socket);
    if (connection === undefined) return;
    connection.calls -= 1;
    connection.answer = undefined;
    if (connection.calls === 0) this.isIdle();
    else if (!socket.destroyed) connection.waiting.shift()?.();
  }

  /** @param end called when the time for the body to arrive is over */
  bodyBegins(socket: Socket, end: () => void): void {
    const connection = this.bySocket.get(socket);
    if (connection !== undefined) connection.endBody = end;
  }

  bodyEnds(socket: Socket): void {
    const connection = this.bySocket.get(socket);
    if (connection !== undefined) connection.endBody = undefined;
  }

  /** The numbers of requests whose answer is not complete, and of bodies that are still arriving. */
  underWay(): { readonly calls: number; readonly bodies: number } {
    const all = [...this.bySocket.values()];
    return {
      calls: all.reduce((sum, { calls }) => sum + calls, 0),
      bodies: all.filter(({ endBody }) => endBody !== undefined).length,
    };
  }

  /**
   * From now on connections are closed with their next answer. Resolves when all are idle, or when the
   * time is over. Bodies have less time, so that their calls can still be answered.
   */
  drained(within: { readonly allMs: number; readonly bodiesMs: number }): Promise<void> {
    this.isStopping = true;
    for (const connection of this.bySocket.values()) this.closeWithAnswer(connection);
    if (this.busy === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancelBodies = setSystemTimer(() => this.endBodies(), within.bodiesMs);
      const over = (): void => {
        cancelBodies();
        cancelAll();
        resolve();
      };
      const cancelAll = setSystemTimer(over, within.allMs);
      this.onNoneBusy = over;
    });
  }

  stop(): void {
    this.cancelCheck?.();
  }

  /** If more requests wait on the connection, the answer of the last one closes it. */
  private closeWithAnswer({ answer, waiting }: Connection): void {
    if (answer !== undefined && waiting.length === 0) answer.shouldKeepAlive = false;
  }

  private endBodies(): void {
    for (const { endBody } of this.bySocket.values()) endBody?.();
  }

  private isIdle(): void {
    this.busy -= 1;
    if (this.busy === 0) this.onNoneBusy?.();
  }

  private countWith(connection: Connection, address: string): void {
    const group = addressGroup(address);
    if (connection.countedWith === group) return;
    this.uncount(connection);
    let connections = this.unaccepted.get(group);
    if (connections === undefined) {
      connections = new Set();
      this.unaccepted.set(group, connections);
    }
    connections.add(connection);
    connection.countedWith = group;
    const isKnown = group !== '';
    if (isKnown && connections.size > UNACCEPTED_OF_ADDRESS_MAX) this.closeOldest(connections);
  }

  private uncount(connection: Connection): void {
    const group = connection.countedWith;
    const connections = group === undefined ? undefined : this.unaccepted.get(group);
    connection.countedWith = undefined;
    connections?.delete(connection);
    if (connections?.size === 0) this.unaccepted.delete(group as string);
  }

  private closed(connection: Connection): void {
    this.uncount(connection);
    if (this.bySocket.delete(connection.socket) && connection.calls > 0) this.isIdle();
  }

  private closeOldest(connections: Set<Connection>): void {
    const [oldest] = connections;
    if (oldest === undefined) return;
    this.closed(oldest);
    oldest.socket.destroy();
  }

  /**
   * Closes the oldest connection of the address that has the most without a key. If there is none, it
   * closes the oldest connection that is idle.
   */
  private makeRoom(): boolean {
    let most: Set<Connection> | undefined;
    for (const connections of this.unaccepted.values()) {
      if (connections.size > (most?.size ?? 0)) most = connections;
    }
    if (most !== undefined) {
      this.closeOldest(most);
      return true;
    }
    for (const connection of this.bySocket.values()) {
      if (connection.calls > 0) continue;
      this.closed(connection);
      connection.socket.destroy();
      return true;
    }
    return false;
  }

  /** Closes the connections on which a body or an answer is transferred too slowly. */
  private checkAll(): void {
    this.cancelCheck = undefined;
    for (const connection of this.bySocket.values()) {
      const { socket, endBody, transferredBytes, queuedBytes, wasSlow } = connection;
      const isAnswering = socket.writableLength > 0;
      const bytes = socket.bytesRead + socket.bytesWritten - socket.writableLength;
      // While a chunk is being written, its progress shows only in the system's queue.
      const queued = queuedBytesOf(socket);
      const movedBytes = Math.max(bytes - transferredBytes, Math.abs(queued - queuedBytes));
      const isSlow = (endBody !== undefined || isAnswering) && movedBytes < LEAST_BYTES_PER_LOOK;
      connection.transferredBytes = bytes;
      connection.queuedBytes = queued;
      connection.wasSlow = isSlow;
      if (isSlow && wasSlow) socket.destroy();
    }
    if (this.bySocket.size > 0) this.cancelCheck = setSystemTimer(() => this.checkAll(), CHECK_MS);
  }
}

/** The bytes queued in the system, as Node's own socket timeouts read them. */
const queuedBytesOf = (socket: Socket): number =>
  (socket as Socket & { readonly _handle?: { readonly writeQueueSize?: number } | null })._handle
    ?.writeQueueSize ?? 0;
