import { describe, expect, test } from 'vitest';
import { openSocket } from '../harness/raw-http.js';
import { moment } from '../http-conformance/use-server.js';
import { connectThenReset } from './attacks/connections/connect-then-reset.js';
import { resets } from './attacks/connections/resets.js';
import { useAttackedServer } from './use-attacked-server.js';

describe('a server whose clients break their connections', () => {
  const server = useAttackedServer();

  test.each([connectThenReset, resets])('keeps working after $name', async (attack) => {
    expect(await server.attack(attack, 1)).toEqual([]);
    expect(server.lastWords).toBeUndefined();
    await server.client.publish(await server.client.newQueue());
  });
});

/** Each of these is answered with an error. */
const ERRORS = {
  garbage: 'GARBAGE\r\n\r\n',
  connect: 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
  'too large a head': `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
};
/** The longest time after its answer until a connection is closed for good. */
const CLOSED_WITHIN_MS = 5_000;

describe('a socket that is answered with an error and not closed by its client', () => {
  const server = useAttackedServer();

  test('does not keep the server from stopping', async () => {
    const sockets = Object.values(ERRORS).map((opening) => {
      const socket = openSocket(server.url).resume();
      socket.on('error', () => undefined).write(opening);
      return socket;
    });
    await moment(200);
    try {
      expect(await server.stopInOrder()).toBe(0);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });

  test('is soon closed by the server', async () => {
    const open = new Set<string>();
    const sockets = Object.entries(ERRORS).map(([name, opening]) => {
      const socket = openSocket(server.url).resume();
      open.add(name);
      socket.on('error', () => undefined);
      socket.once('close', () => open.delete(name));
      socket.write(opening);
      return socket;
    });
    await moment(CLOSED_WITHIN_MS);
    // A server that only closed its sending side accepts more bytes; a closed connection resets at the
    // next write.
    const stillOpen = () => {
      for (const socket of sockets) socket.write('x');
      return [...open];
    };
    try {
      await expect.poll(stillOpen).toEqual([]);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });
});
