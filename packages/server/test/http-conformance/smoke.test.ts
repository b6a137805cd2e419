import { expect, test } from 'vitest';
import { startTestServer } from '../harness/http-server.js';
import { STORE_FACTORIES } from '../harness/stores.js';
test.each(STORE_FACTORIES)('publish and consume on $name', async (f) => {
  const fixture = await f.create();
  const s = await startTestServer(fixture);
  expect((await s.call('POST', '/v1/queue/create', { name: 'a' })).status).toBe(200);
  await s.stop(); await fixture.remove();
});
