import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { openSocket, requestHead } from '../harness/raw-http.js';
import { moment } from '../http-conformance/use-server.js';
import { WRONG_BODIES } from './attacks/bodies/wrong-body-shapes.js';
import { MetricsText } from './metrics-text.js';
import { useAttackedServer } from './use-attacked-server.js';

const MEBIBYTE = 1_048_576;
/** Their answers together are many times the memory that the server may use. */
const READERS = 120;
/** The heap, the bytes in flight, and the same again for everything else. */
const RSS_MAX_BYTES = 700 * MEBIBYTE;

describe('a server with little memory', () => {
  const server = useAttackedServer(
    ['--max-bytes-in-flight', '40MiB'],
    ['--max-old-space-size=256'],
  );

  test.each(WRONG_BODIES)(
    'refuses with a short answer: $name',
    async ({ path, make, isHarmless }) => {
      await server.client.post('create', { name: 'wrong' });
      const answer = await server.call('POST', path, make(8 * MEBIBYTE - 64));
      expect(server.lastWords).toBeUndefined();
      if (isHarmless === true && answer.status === 200) return;
      expect([400, 413]).toContain(answer.status);
      expect(answer.body.error.details?.length ?? 0).toBeLessThanOrEqual(10);
      expect(answer.text.length).toBeLessThan(8_192);
    },
  );

  test('keeps working beside clients that read nothing', async () => {
    const { client } = server;
    const queue = await client.newQueue();
    const messages = Array.from({ length: 15 }, () => ({ payload: 'x'.repeat(MEBIBYTE - 2) }));
    const filled = await client.post('publish_batch', { queue, messages });
    expect(filled.status, filled.text).toBe(200);
    const other = await client.newQueue();
    const headers = { Authorization: `Bearer ${server.adminKey}` };
    const peek = requestHead('GET', `/v1/queue/peek/${queue}?limit=15`, headers);
    const sockets = Array.from({ length: READERS }, () => openSocket(server.url));
    try {
      await Promise.all(sockets.map((socket) => once(socket, 'connect')));
      for (const socket of sockets) socket.on('error', () => undefined).write(peek);
      for (let n = 0; n < 20; n += 1) {
        await client.publish(other, n);
        await client.take(other);
        await moment(100);
      }
      expect(server.lastWords).toBeUndefined();
      const metrics = new MetricsText((await server.call('GET', '/metrics')).text);
      expect(metrics.sum('process_resident_memory_bytes')).toBeLessThan(RSS_MAX_BYTES);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });
});
