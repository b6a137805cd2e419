import type { Attack } from '../../attack.js';

const OPENINGS = [
  'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n',
  'CONNECT x:1 HTTP/1.1\r\n\r\n',
  'GET /docs HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'GARBAGE\r\n\r\n',
  'GET / HTTP/9.9\r\n\r\n',
  `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
];

export const connectThenReset: Attack = {
  name: 'connect-then-reset',
  about: 'CONNECT, upgrades and garbage, each followed by a reset, at once or after the answer.',
  async run(attacker) {
    await attacker.loop(8, async (n) => {
      const socket = attacker.open();
      const reset = (): void => void socket.resetAndDestroy();
      const answered = attacker.statusOf(socket, 200);
      socket.write(OPENINGS[n % OPENINGS.length] as string, 'latin1', () => {
        // As soon as the bytes have left, while the server answers, or after the answer.
        if (n % 3 === 0) reset();
        if (n % 3 === 1) setImmediate(reset);
      });
      await answered;
      reset();
    });
  },
};
