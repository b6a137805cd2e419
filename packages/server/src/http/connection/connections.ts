import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setSystemTimer } from '../../core/clock.js';
import { addressGroup, plainAddress } from './client-address.js';

/** Of one address, without a key that was accepted; beyond that the oldest of them goes. */
const UNACCEPTED_OF_ADDRESS_MAX = 512;
/** Requests of one connection that wait for their answers; no client sends so many ahead. */
const PIPELINED_MAX = 64;
/** So often transfers are looked at; who sends or reads too little twice in a row is given up. */
const LOOK_MS = 5_000;
const LEAST_BYTES_PER_LOOK = 4 * 1024;

declare module 'fastify' {
  interface FastifyInstance {
    connections: Connections;
  }
}

interface Connection {
  readonly socket: Socket;
  /** What it is counted with while no key of it has been accepted; undefined: it is not. */
  countedWith: string | undefined;
  /** Requests without their whole answer. */
  calls: number;
  /** Those of them that have not begun. */
  readonly waiting: (() => void)[];
  /** The answer of the one that has. */
  answer: ServerResponse | undefined;
  /** Ends its body, which is still arriving; undefined: it is not. */
  endBody: (() => void) | undefined;
  /** As far as its transfers had come when they were looked at. */
  transferredBytes: number;
  /** What the system had left to send of the chunk under way. */
  queuedBytes: number;
  wasSlow: boolean;
}

/**
 * The connections of the server. Their number is bounded, and what one address may have of them
 * without a key. No limit here refuses a key that is valid: many clients may share an address, so
 * that a new connection is taken, and an older one that has shown no key makes room for it.
 */
export class Connections {
  private readonly bySocket = new Map<Socket, Connection>();
  private readonly unaccepted = new Map<string, Set<Connection>>();
  private cancelLook: (() => void) | undefined;
  private isStopping = false;
  /** Connections with calls, and who waits for their end. */
  private busy = 0;
  private onNoneBusy: (() => void) | undefined;

  /** @param behindProxy the other end of a connection is not the client */
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
    // Behind a proxy, connections are the proxy's, until a request says whose it is.
    this.countWith(connection, this.behindProxy ? '' : plainAddress(socket.remoteAddress ?? ''));
    this.cancelLook ??= setSystemTimer(() => this.look(), LOOK_MS);
  }

  /** A request has shown a key that is valid. */
  accepted(socket: Socket): void {
    const connection = this.bySocket.get(socket);
    if (connection?.countedWith !== undefined) this.uncount(connection);
  }

  /** A request of this client was refused for its key. */
  refused(socket: Socket, address: string): void {
    const connection = this.bySocket.get(socket);
    if (connection !== undefined) this.countWith(connection, address);
  }

  /**
   * A request has come in; it begins when those before it on its connection have ended. False: so
   * many wait there that the connection was closed.
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

  /** @param end called when the body has no more time to arrive */
  bodyBegins(socket: Socket, end: () => void): void {
    const connection = this.bySocket.get(socket);
    if (connection !== undefined) connection.endBody = end;
  }

  bodyEnds(socket: Socket): void {
    const connection = this.bySocket.get(socket);
    if (connection !== undefined) connection.endBody = undefined;
  }

  /** Requests that have no whole answer, and those of them whose body is still arriving. */
  underWay(): { readonly calls: number; readonly bodies: number } {
    const all = [...this.bySocket.values()];
    return {
      calls: all.reduce((sum, { calls }) => sum + calls, 0),
      bodies: all.filter(({ endBody }) => endBody !== undefined).length,
    };
  }

  /**
   * From now on connections end with their answers. Resolves when all are idle, or when the time is
   * over; bodies have less of it, so that their calls can be answered.
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
    this.cancelLook?.();
  }

  /** Where others wait behind it on the connection, the last of them closes it. */
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

  /** Of the address that has most without a key, or else the one that is idle for longest. */
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

  /** Gives up the connections on which a body or an answer gets on too slowly. */
  private look(): void {
    this.cancelLook = undefined;
    for (const connection of this.bySocket.values()) {
      const { socket, endBody, transferredBytes, queuedBytes, wasSlow } = connection;
      const isAnswering = socket.writableLength > 0;
      const bytes = socket.bytesRead + socket.bytesWritten - socket.writableLength;
      // What is written of a chunk shows in the queue only, until all of the chunk is written.
      const queued = queuedBytesOf(socket);
      const movedBytes = Math.max(bytes - transferredBytes, Math.abs(queued - queuedBytes));
      const isSlow = (endBody !== undefined || isAnswering) && movedBytes < LEAST_BYTES_PER_LOOK;
      connection.transferredBytes = bytes;
      connection.queuedBytes = queued;
      connection.wasSlow = isSlow;
      if (isSlow && wasSlow) socket.destroy();
    }
    if (this.bySocket.size > 0) this.cancelLook = setSystemTimer(() => this.look(), LOOK_MS);
  }
}

/** As Node's own timeouts of sockets count it. */
const queuedBytesOf = (socket: Socket): number =>
  (socket as Socket & { readonly _handle?: { readonly writeQueueSize?: number } | null })._handle
    ?.writeQueueSize ?? 0;
