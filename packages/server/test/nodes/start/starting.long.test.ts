import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pause } from '../../faults/load/pause.js';
import { freePort } from '../../harness/free-port.js';
import { type RunningPostgres, startPostgres } from '../../harness/postgres.js';
import { TcpProxy } from '../../harness/tcp-proxy.js';
import { connectAdmin, newDatabase } from '../postgres-nodes.js';
import { ServerRun } from '../run-server.js';

describe('a node', () => {
  let postgres: RunningPostgres;
  const runs: ServerRun[] = [];
  const start = (url: string, environment?: Record<string, string>): ServerRun => {
    const run = new ServerRun(url, environment);
    runs.push(run);
    return run;
  };

  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(async () => {
    await Promise.all(runs.map((run) => run.kill()));
    await postgres?.stop();
  });

  it('starts beside others on an empty database, with one first key for all', async () => {
    for (let round = 0; round < 2; round += 1) {
      const url = await newDatabase(postgres.url, `empty_${round}`);
      const started = [start(url), start(url), start(url)];
      const urls = await Promise.all(started.map((run) => run.listening()));
      for (const [index, address] of urls.entries()) {
        expect(address, started[index]?.stderr).toBeDefined();
      }
      const keys = started.flatMap(({ stderr }) => stderr.match(/ifr_[A-Za-z0-9_-]+/g) ?? []);
      expect(keys).toHaveLength(1);
      for (const address of urls) {
        const headers = { authorization: `Bearer ${keys[0]}` };
        const response = await fetch(`${address}/v1/account/keys/list`, { headers });
        const { data } = (await response.json()) as { data: { items: unknown[] } };
        expect([response.status, data.items.length]).toEqual([200, 1]);
      }
      await Promise.all(started.map((run) => run.kill()));
    }
  });

  it('ends with 1 and a reason when the database is away', async () => {
    const port = await freePort();
    const silent = await TcpProxy.start(postgres.url);
    silent.goSilent();
    const wrongPassword = new URL(postgres.url);
    wrongPassword.password = 'wrong-password-of-mine';
    const noDatabase = new URL(postgres.url);
    noDatabase.pathname = '/there_is_none';
    const cases: Record<string, [url: string, reason: RegExp]> = {
      'nobody listens': [`postgres://u:s3cret@127.0.0.1:${port}/d`, /ECONNREFUSED|refused/],
      'nobody listens at a name': [
        `postgres://u:s3cret@localhost:${port}/d`,
        /ECONNREFUSED|refused/,
      ],
      'no answer': [silent.url, /time/i],
      'wrong password': [wrongPassword.toString(), /password/],
      'no such database': [noDatabase.toString(), /there_is_none/],
    };
    try {
      const ended = Object.entries(cases).map(async ([name, [url, reason]]) => {
        const run = start(url);
        expect(await run.ended(), name).toBe(1);
        const { stderr, stdout } = run;
        expect(stdout, name).toBe('');
        // One line for the operator with what cannot be used and why, without secrets or a stack.
        const lines = stderr.trim().split('\n');
        expect(lines, name).toHaveLength(1);
        const { level, msg, stack } = JSON.parse(lines[0] as string);
        expect([level, stack], name).toEqual(['error', undefined]);
        expect(msg, name).toMatch(/the database cannot be used/);
        expect(msg, name).toMatch(reason);
        expect(stderr, name).not.toMatch(/s3cret|wrong-password-of-mine/);
      });
      const results = await Promise.allSettled(ended);
      const failures = results.flatMap((result) =>
        result.status === 'rejected' ? [String(result.reason.message)] : [],
      );
      expect(failures).toEqual([]);
    } finally {
      await silent.stop();
    }
  });

  it('ends with 0 soon after SIGTERM although the database is away', async () => {
    const proxy = await TcpProxy.start(await newDatabase(postgres.url, 'stopped'));
    const key = 'ifr_stopping_0123456789';
    const [idle, polled] = [0, 1].map(() => start(proxy.url, { MILLRACE_API_KEY: key })) as [
      ServerRun,
      ServerRun,
    ];
    try {
      const urls = await Promise.all([idle.listening(), polled.listening()]);
      const call = (path: string, body: object) =>
        fetch(`${urls[1]}/v1/queue/${path}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
      expect((await call('create', { name: 'q' })).status).toBe(200);
      const poll = call('consume', { queue: 'q', wait_seconds: 20 });
      await pause(300);
      proxy.refuse();
      const startedAtMs = performance.now();
      idle.signal('SIGTERM');
      polled.signal('SIGTERM');
      expect([200, 503]).toContain((await poll).status);
      expect(await Promise.all([idle.ended(), polled.ended()])).toEqual([0, 0]);
      expect(performance.now() - startedAtMs).toBeLessThan(10_000);
    } finally {
      await proxy.stop();
    }
  });

  it("survives notifications on the nodes' channel that no node has sent", async () => {
    const url = await newDatabase(postgres.url, 'noisy');
    const run = start(url);
    const address = await run.listening();
    const admin = await connectAdmin(url);
    const words = ['', 'hello', '{', 'null', '7', '[]', '{"node":1}', '{"node":"x","ready":7}'];
    for (const word of [...words, '{"node":"x","waits":{}}', '{"node":"x","ready":[[1]]}']) {
      await admin.query('SELECT pg_notify($1, $2)', ['millrace', word]);
    }
    await admin.query('SELECT pg_sleep(0.3)');
    await admin.end();
    expect(run.isRunning, run.stderr).toBe(true);
    expect((await fetch(`${address}/readyz`)).status).toBe(200);
  });
});
