import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Connections } from './connections.js';

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

  /** @returns the server's side */
  async function open(): Promise<Socket> {
    const before = atServer.length;
    const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
    client.on('error', () => undefined);
    clients.push(client);
    await once(client, 'connect');
    await vi.waitFor(() => expect(atServer.length).toBeGreaterThan(before));
    return atServer.at(-1) as Socket;
  }

  it('closes the oldest connection without a key of an address that has too many', async () => {
    await start(2_000);
    const accepted = await open();
    connections.accepted(accepted);
    const oldest = await open();
    for (let n = 0; n < 512; n += 1) await open();
    expect(connections.count()).toEqual({ accepted: 1, unaccepted: 512 });
    expect(oldest.destroyed).toBe(true);
    expect(accepted.destroyed).toBe(false);
  });

  it('makes room for a new connection, whoever holds the others', async () => {
    await start(3);
    const busy = await open();
    connections.accepted(busy);
    connections.callBegins(busy, () => undefined);
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
    connections.callBegins(fourth, () => undefined);
    const fifth = await open();
    expect([idle.destroyed, fifth.destroyed]).toEqual([true, false]);
    connections.accepted(fifth);
    connections.callBegins(fifth, () => undefined);
    // All of them have calls under way: there is no room to make.
    expect((await open()).destroyed).toBe(true);
  });

  it('counts a connection by the client that its proxy named', async () => {
    await start(10_000, true);
    const others = [await open(), await open()];
    for (let n = 0; n < 600; n += 1) connections.refused(await open(), '203.0.113.7');
    for (const other of others) expect(other.destroyed).toBe(false);
    expect(connections.count().unaccepted).toBe(2 + 512);
  });

  it('closes a connection on which too many requests wait', async () => {
    await start(10);
    const socket = await open();
    for (let n = 0; n < 64; n += 1) {
      expect(connections.callBegins(socket, () => undefined)).toBe(true);
    }
    expect(connections.callBegins(socket, () => undefined)).toBe(false);
    expect(socket.destroyed).toBe(true);
  });

  it('gives up a body that does not get on, and no connection that is idle', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await start(10);
    const [arriving, slow, idle] = [await open(), await open(), await open()];
    connections.bodyBegins(arriving);
    connections.bodyBegins(slow);
    for (let looks = 0; looks < 4; looks += 1) {
      const read = arriving.bytesRead;
      arriving.resume();
      clients[0]?.write(Buffer.alloc(8 * 1024));
      await vi.waitFor(() => expect(arriving.bytesRead).toBeGreaterThanOrEqual(read + 8 * 1024));
      vi.advanceTimersByTime(5_000);
    }
    expect([arriving, slow, idle].map(({ destroyed }) => destroyed)).toEqual([false, true, false]);
  });

  it('gives up a reader that reads nothing of its answer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await start(10);
    const [read, unread] = [await open(), await open()];
    clients[0]?.resume();
    clients[1]?.pause();
    for (const socket of [read, unread]) socket.write(Buffer.alloc(32 * 1024 * 1024));
    await vi.waitFor(() => expect(read.writableLength).toBe(0));
    for (let looks = 0; looks < 3; looks += 1) vi.advanceTimersByTime(5_000);
    expect([read, unread].map(({ destroyed }) => destroyed)).toEqual([false, true]);
  });

  it('lets the requests of a connection begin one after the other', async () => {
    await start(10);
    const socket = await open();
    const begun: number[] = [];
    for (let n = 1; n <= 3; n += 1) connections.callBegins(socket, () => begun.push(n));
    expect(begun).toEqual([1]);
    connections.callEnds(socket);
    expect(begun).toEqual([1, 2]);
    connections.callEnds(socket);
    connections.callEnds(socket);
    expect(begun).toEqual([1, 2, 3]);
    connections.callBegins(socket, () => begun.push(4));
    expect(begun).toEqual([1, 2, 3, 4]);
  });
});
