import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Connections } from './connections.js';

/** A busy machine may stall for longer than the default of a second. */
const PATIENCE = { timeout: 20_000, interval: 5 };

describe('connections', () => {
  let server: Server;
  let connections: Connections;
  const atServer: Socket[] = [];
  const clients: Socket[] = [];

  afterEach(async () => {
    vi.useRealTimers();
    for (const client of clients.splice(0)) client.destroy();
    atServer.length = 0;
    connections.stop();
    await new Promise((resolve) => server.close(resolve));
  });

  async function start(max: number, behindProxy = false): Promise<void> {
    connections = new Connections(max, behindProxy);
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      atServer.push(socket);
      connections.opened(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }

  /** Opens a connection. @returns the server's side of it */
  async function open(): Promise<Socket> {
    const before = atServer.length;
    const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
    client.on('error', () => undefined);
    clients.push(client);
    await once(client, 'connect');
    await vi.waitFor(() => expect(atServer.length).toBeGreaterThan(before), PATIENCE);
    return atServer.at(-1) as Socket;
  }

  const answerOf = (): ServerResponse => ({ shouldKeepAlive: true }) as ServerResponse;
  const begin = (socket: Socket, handle = (): unknown => undefined, answer = answerOf()): boolean =>
    connections.callBegins(socket, answer, () => void handle());

  it('without a valid key are closed, the oldest first, when one address has too many', async () => {
    await start(2_000);
    const accepted = await open();
    connections.accepted(accepted);
    const oldest = await open();
    for (let n = 0; n < 512; n += 1) await open();
    expect(connections.count()).toEqual({ accepted: 1, unaccepted: 512 });
    expect(oldest.destroyed).toBe(true);
    expect(accepted.destroyed).toBe(false);
  });

  it('make room for a new one: those without a valid key first, then idle ones', async () => {
    await start(3);
    const busy = await open();
    connections.accepted(busy);
    begin(busy);
    const idle = await open();
    connections.accepted(idle);
    const unaccepted = await open();
    const fourth = await open();
    expect([busy, idle, unaccepted, fourth].map(({ destroyed }) => destroyed)).toEqual([
      false,
      false,
      true,
      false,
    ]);
    connections.accepted(fourth);
    begin(fourth);
    const fifth = await open();
    expect([idle.destroyed, fifth.destroyed]).toEqual([true, false]);
    connections.accepted(fifth);
    begin(fifth);
    // All connections have calls under way, so there is no room to make.
    expect((await open()).destroyed).toBe(true);
  });

  it('are counted by the client that the proxy named', async () => {
    await start(10_000, true);
    const others = [await open(), await open()];
    for (let n = 0; n < 600; n += 1) connections.refused(await open(), '203.0.113.7');
    for (const other of others) expect(other.destroyed).toBe(false);
    expect(connections.count().unaccepted).toBe(2 + 512);
  });

  it('are closed when too many requests wait on one', async () => {
    await start(10);
    const socket = await open();
    for (let n = 0; n < 64; n += 1) {
      expect(begin(socket)).toBe(true);
    }
    expect(begin(socket)).toBe(false);
    expect(socket.destroyed).toBe(true);
  });

  it('are closed when a body does not progress, but not when they are idle', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await start(10);
    const [arriving, slow, idle] = [await open(), await open(), await open()];
    connections.bodyBegins(arriving, () => undefined);
    connections.bodyBegins(slow, () => undefined);
    for (let looks = 0; looks < 4; looks += 1) {
      const read = arriving.bytesRead;
      arriving.resume();
      clients[0]?.write(Buffer.alloc(8 * 1024));
      await vi.waitFor(
        () => expect(arriving.bytesRead).toBeGreaterThanOrEqual(read + 8 * 1024),
        PATIENCE,
      );
      vi.advanceTimersByTime(5_000);
    }
    expect([arriving, slow, idle].map(({ destroyed }) => destroyed)).toEqual([false, true, false]);
  });

  it('are closed when the client reads nothing of its answer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await start(10);
    const [read, unread] = [await open(), await open()];
    clients[0]?.resume();
    clients[1]?.pause();
    for (const socket of [read, unread]) socket.write(Buffer.alloc(32 * 1024 * 1024));
    await vi.waitFor(() => expect(read.writableLength).toBe(0), PATIENCE);
    for (let looks = 0; looks < 3; looks += 1) vi.advanceTimersByTime(5_000);
    expect([read, unread].map(({ destroyed }) => destroyed)).toEqual([false, true]);
  });

  it('begin their requests one after the other', async () => {
    await start(10);
    const socket = await open();
    const begun: number[] = [];
    for (let n = 1; n <= 3; n += 1) begin(socket, () => begun.push(n));
    expect(begun).toEqual([1]);
    connections.callEnds(socket);
    expect(begun).toEqual([1, 2]);
    connections.callEnds(socket);
    connections.callEnds(socket);
    expect(begun).toEqual([1, 2, 3]);
    begin(socket, () => begun.push(4));
    expect(begun).toEqual([1, 2, 3, 4]);
  });

  describe('while the server drains them', () => {
    const WITHIN = { allMs: 60_000, bodiesMs: 30_000 };

    it('are drained at once when no call is under way', async () => {
      await start(10);
      await open();
      await connections.drained(WITHIN);
    });

    it('are drained when the last call has its answer, or its client has gone', async () => {
      await start(10);
      const [answered, gone] = [await open(), await open()];
      begin(answered);
      begin(answered);
      begin(gone);
      expect(connections.underWay()).toEqual({ calls: 3, bodies: 0 });
      let isDrained = false;
      const drained = connections.drained(WITHIN).then(() => {
        isDrained = true;
      });
      connections.callEnds(answered);
      clients[1]?.destroy();
      await vi.waitFor(() => expect(connections.underWay().calls).toBe(1), PATIENCE);
      expect(isDrained).toBe(false);
      connections.callEnds(answered);
      await drained;
    });

    it('announce the close in answers under way and in those of later calls', async () => {
      await start(10);
      const [before, after] = [answerOf(), answerOf()];
      const socket = await open();
      begin(socket, undefined, before);
      const drained = connections.drained(WITHIN);
      expect(before.shouldKeepAlive).toBe(false);
      begin(await open(), undefined, after);
      expect(after.shouldKeepAlive).toBe(false);
      for (const each of atServer) connections.callEnds(each);
      await drained;
    });

    it('announce the close in the last answer only, when requests wait for one another', async () => {
      await start(10);
      const socket = await open();
      const answers = [answerOf(), answerOf(), answerOf()];
      for (const answer of answers) begin(socket, undefined, answer);
      const drained = connections.drained(WITHIN);
      for (const _ of answers) connections.callEnds(socket);
      await drained;
      expect(answers.map(({ shouldKeepAlive }) => shouldKeepAlive)).toEqual([true, true, false]);
    });

    it('give a body part of the time, and then end it', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      await start(10);
      const socket = await open();
      begin(socket);
      let ended = 0;
      connections.bodyBegins(socket, () => {
        ended += 1;
        connections.bodyEnds(socket);
      });
      expect(connections.underWay()).toEqual({ calls: 1, bodies: 1 });
      const drained = connections.drained(WITHIN);
      vi.advanceTimersByTime(WITHIN.bodiesMs - 1);
      expect(ended).toBe(0);
      vi.advanceTimersByTime(1);
      expect(ended).toBe(1);
      expect(connections.underWay()).toEqual({ calls: 1, bodies: 0 });
      vi.advanceTimersByTime(WITHIN.allMs);
      await drained;
    });
  });
});
