import { describe, expect, test } from 'vitest';
import { CallUnderWay } from '../../harness/call-under-way.js';
import { ADMIN_KEY, startTestServer } from '../../harness/http-server.js';
import { openSocket, requestHead } from '../../harness/raw-http.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { moment } from '../use-server.js';

/** A server that waited for these clients would wait for two minutes. */
const STOPPED_WITHIN_MS = 30_000;

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
  ])('is not delayed by a client %s', async (_what, sent) => {
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

  const half = '{"queue":"orders",';
  const rest = '"payload":{"order_id":"o_123"}}';

  /** A publish whose body has half arrived when the server is told to stop. */
  async function publishing() {
    const fixture = await factory.create();
    const server = await startTestServer(fixture);
    await server.call('POST', '/v1/queue/create', { name: 'orders' });
    const bytes = half.length + rest.length;
    const call = await CallUnderWay.begin(server.url, '/v1/queue/publish', ADMIN_KEY, bytes);
    call.send(half);
    const stopped = server.stop();
    return { call, finish: () => stopped.then(() => fixture.remove()) };
  }

  test.concurrent('waits for a body that is still arriving and answers the call', async () => {
    const { call, finish } = await publishing();
    await moment(200);
    call.send(rest);
    const text = await call.answer();
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).toMatch(/\r\nconnection: close\r\n/i);
    expect(text).toContain('"message_id":');
    await finish();
  });

  test.concurrent('answers OVERLOADED if a body takes too long', async () => {
    const { call, finish } = await publishing();
    const text = await call.answer();
    expect(text).toMatch(/^HTTP\/1\.1 503 .*\r\nretry-after: \d+\r\n/is);
    expect(text).toMatch(/\r\nconnection: close\r\n/i);
    expect(text).toContain('"code":"OVERLOADED"');
    await finish();
  });
});
