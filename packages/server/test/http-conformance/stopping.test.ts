import { describe, expect, test } from 'vitest';
import { ADMIN_KEY, startTestServer } from '../harness/http-server.js';
import { openSocket, requestHead } from '../harness/raw-http.js';
import { STORE_FACTORIES } from '../harness/stores.js';
import { moment } from './use-server.js';

/** A server that is told to end does so within 10 s; this is well inside of that. */
const STOPPED_WITHIN_MS = 8_000;

const head = requestHead('POST', '/v1/queue/consume', {
  Connection: 'keep-alive',
  Authorization: `Bearer ${ADMIN_KEY}`,
  'Content-Length': 100,
});

describe.each(STORE_FACTORIES)('a server that stops on $name', (factory) => {
  test.concurrent.each([
    ['that has not sent a byte', ''],
    ['that has sent half a head', head.slice(0, 40)],
    ['that has sent half a body', `${head}{"queue":`],
  ])('does not wait for a client %s', async (_what, sent) => {
    const fixture = await factory.create();
    const server = await startTestServer(fixture);
    const socket = openSocket(server.url);
    socket.on('error', () => undefined);
    if (sent !== '') socket.write(sent);
    await moment(100);
    const stopping = server.stop().then(() => 'stopped');
    const outcome = await Promise.race([
      stopping,
      moment(STOPPED_WITHIN_MS).then(() => 'still waiting'),
    ]);
    socket.destroy();
    await stopping;
    await fixture.remove();
    expect(outcome).toBe('stopped');
  });
});
