import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningPostgres, startPostgres } from '../../harness/postgres.js';
import { TcpProxy } from '../../harness/tcp-proxy.js';
import { ServerRun } from '../run-server.js';

const KEY = 'a-key-of-the-test-0123456789';

describe.concurrent('a node that is stopped while its database is away', () => {
  let postgres: RunningPostgres;

  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());

  async function stopped(breakNetwork: (proxy: TcpProxy) => void): Promise<ServerRun> {
    const proxy = await TcpProxy.start(postgres.url);
    const run = new ServerRun(proxy.url, { MILLRACE_API_KEY: KEY }, ['--auto-create']);
    try {
      const url = (await run.listening()) ?? run.stderr;
      // The node notes who has looked for messages, and writes it later.
      const consumed = await fetch(`${url}/v1/queue/consume`, {
        method: 'POST',
        headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify({ queue: `q${new URL(proxy.url).port}` }),
      });
      expect(consumed.status).toBe(200);
      breakNetwork(proxy);
      run.signal('SIGTERM');
      await run.ended();
      return run;
    } finally {
      await run.kill();
      await proxy.stop();
    }
  }

  it.each([
    ['silent', (proxy: TcpProxy) => proxy.goSilent()],
    ['refusing', (proxy: TcpProxy) => proxy.refuse()],
  ])(
    'ends with 0 and says what it has not written (%s)',
    async (_name, breakNetwork) => {
      const run = await stopped(breakNetwork);
      expect(await run.ended(), run.stderr).toBe(0);
      expect(run.stderr).toContain('"msg":"the store does not answer: the last refusals');
      expect(run.stderr).toContain('"msg":"stopped"');
    },
    60_000,
  );

  it('writes all of it when the database is there', async () => {
    const run = await stopped(() => undefined);
    expect(await run.ended(), run.stderr).toBe(0);
    expect(run.stderr).not.toContain('the store does not answer');
  }, 60_000);
});
