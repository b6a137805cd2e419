import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pause } from '../../faults/load/pause.js';
import type { TestServer } from '../../harness/http-server.js';
import { openSocket, requestHead } from '../../harness/raw-http.js';
import { type PostgresNodes, startNodes } from '../postgres-nodes.js';

const BEGUN_MS = 100;

describe('a key that another node revokes', () => {
  let nodes: PostgresNodes;
  let here: TestServer;
  let elsewhere: TestServer;

  beforeAll(async () => {
    nodes = await startNodes(2);
    [here, elsewhere] = nodes.servers as [TestServer, TestServer];
    await here.call('POST', '/v1/queue/create', { name: 'q' });
  });
  afterAll(() => nodes.stop());

  it('ends the waits of its calls on this node', async () => {
    const { key, key_id } = (await here.call('POST', '/v1/account/keys/create', {})).body.data;
    const body = { queue: 'q', wait_seconds: 20 };
    const waiting = here.call('POST', '/v1/queue/consume', body, { key });
    await pause(BEGUN_MS);
    await elsewhere.call('POST', `/v1/account/keys/revoke/${key_id}`);
    expect((await waiting).status).toBe(401);
  });

  it('ends its calls on this node whose bodies are still arriving', async () => {
    const { key, key_id } = (await here.call('POST', '/v1/account/keys/create', {})).body.data;
    const socket = openSocket(here.url);
    const answered = new Promise<string>((resolve) => {
      socket.once('data', (chunk) => resolve(String(chunk)));
    });
    const headers = { Authorization: `Bearer ${key}`, 'Content-Length': 100 };
    socket.write(`${requestHead('POST', '/v1/queue/publish', headers)}{"queue":"q"`);
    await pause(BEGUN_MS);
    await elsewhere.call('POST', `/v1/account/keys/revoke/${key_id}`);
    expect(await answered).toMatch(/^HTTP\/1\.1 401 /);
    socket.destroy();
  });
});
