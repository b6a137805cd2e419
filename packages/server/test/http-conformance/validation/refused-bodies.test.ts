import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { ADMIN_KEY } from '../../harness/http-server.js';
import { openSocket } from '../../harness/raw-http.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useServer } from '../use-server.js';

const MIB = 1024 * 1024;

describe.each(STORE_FACTORIES)('refused bodies on $name', (factory) => {
  const running = useServer(factory);

  /** Sends the whole body before reading the answer, as many clients do. */
  async function sendWhole(bytes: number, framing: 'length' | 'chunks') {
    const socket = openSocket(running.url);
    let failure: Error | undefined;
    socket.on('error', (error) => {
      failure = error;
    });
    socket.write(
      `POST /v1/queue/publish HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN_KEY}\r\n` +
        'Content-Type: application/json\r\n' +
        (framing === 'length'
          ? `Content-Length: ${bytes}\r\n\r\n`
          : 'Transfer-Encoding: chunked\r\n\r\n'),
    );
    const part = Buffer.alloc(64 * 1024, 0x20);
    for (let sent = 0; sent < bytes; sent += part.length) {
      if (framing === 'chunks') socket.write(`${part.length.toString(16)}\r\n`);
      if (!socket.write(part)) await once(socket, 'drain');
      if (framing === 'chunks') socket.write('\r\n');
    }
    if (framing === 'chunks') socket.write('0\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    // The connection can still be used.
    socket.write(
      `GET /v1/queue/list HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN_KEY}\r\n\r\n`,
    );
    const [next] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return { answer: answer.toString(), next: next.toString(), failure };
  }

  test.each([
    [3 * MIB, 'length'],
    [20 * MIB, 'length'],
    [20 * MIB, 'chunks'],
  ] as const)(
    'are answered with PAYLOAD_TOO_LARGE even if all %i bytes are sent by %s before reading',
    async (bytes, framing) => {
      const { answer, next, failure } = await sendWhole(bytes, framing);
      expect(failure).toBeUndefined();
      expect(answer).toMatch(/^HTTP\/1\.1 413 /);
      expect(answer).toContain('"code":"PAYLOAD_TOO_LARGE"');
      expect(next).toMatch(/^HTTP\/1\.1 200 /);
    },
  );
});
