import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pause } from '../faults/load/pause.js';
import { type RunningPostgres, startPostgres } from '../harness/postgres.js';
import { API_KEY, callNode } from '../nodes/node-load.js';
import { connectAdmin, newDatabase } from '../nodes/postgres-nodes.js';
import { ServerRun } from '../nodes/run-server.js';
import { MISSING, PgBouncer, type PoolMode } from './pgbouncer.js';

const BACK_WITHIN_MS = 60_000;

interface Data {
  readonly messages: { message_id: string; receipt: string; payload: unknown }[];
  readonly message_id: string;
  readonly [field: string]: unknown;
}

if (MISSING !== undefined) {
  process.stderr.write(`skipped: ${MISSING}\n`);
}

describe.skipIf(MISSING !== undefined)('nodes behind PgBouncer', () => {
  let postgres: RunningPostgres;
  const runs: ServerRun[] = [];
  const poolers: PgBouncer[] = [];

  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(async () => {
    await Promise.all(runs.map((run) => run.kill()));
    await Promise.all(poolers.map((pooler) => pooler.stop()));
    await postgres?.stop();
  });

  async function pool(databaseUrl: string, mode: PoolMode, more = ''): Promise<string> {
    const pooler = await PgBouncer.start(databaseUrl, mode);
    poolers.push(pooler);
    return `${pooler.url}${more}`;
  }

  function start(storeUrl: string, environment: Record<string, string> = {}): ServerRun {
    const run = new ServerRun(storeUrl, { MILLRACE_API_KEY: API_KEY, ...environment });
    runs.push(run);
    return run;
  }

  async function listening(run: ServerRun): Promise<string> {
    const url = await run.listening();
    expect(url, run.stderr).toBeDefined();
    return url as string;
  }

  async function call(baseUrl: string, path: string, body?: object): Promise<Data> {
    const response = await callNode(baseUrl, path, body);
    const text = await response.text();
    expect(response.status, `${path}: ${text}`).toBe(200);
    return JSON.parse(text).data as Data;
  }

  const listeners = async (databaseUrl: string): Promise<number> => {
    const admin = await connectAdmin(databaseUrl);
    const { rows } = await admin.query(
      `SELECT count(*)::integer AS n FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND query ~* '^(listen|select pg_notify|select 1$)'`,
    );
    await admin.end();
    return rows[0].n;
  };

  const WAYS = [
    { name: 'session mode', mode: 'session', more: '', isDirect: false },
    { name: 'transaction mode', mode: 'transaction', more: '?prepare=false', isDirect: false },
    {
      name: 'transaction mode with --store-direct',
      mode: 'transaction',
      more: '?prepare=false',
      isDirect: true,
    },
  ] as const;

  describe.each(WAYS)('in $name', ({ name, mode, more, isDirect }) => {
    const database = name.replace(/\W+/g, '_');
    const hears = mode === 'session' || isDirect;
    let databaseUrl: string;
    let storeUrl: string;
    let nodes: readonly ServerRun[];
    let one: string;
    let other: string;

    beforeAll(async () => {
      databaseUrl = await newDatabase(postgres.url, database);
      storeUrl = await pool(databaseUrl, mode, more);
      const environment = isDirect ? { MILLRACE_STORE_DIRECT: databaseUrl } : undefined;
      nodes = [start(storeUrl, environment), start(storeUrl, environment)];
      [one, other] = (await Promise.all(nodes.map(listening))) as [string, string];
    });

    it('report at the start whether they can wake each other', async () => {
      for (const { stderr } of nodes) {
        if (hears) expect(stderr).not.toContain('cannot wake each other');
        else expect(stderr).toContain('nodes cannot wake each other');
      }
      expect(await listeners(databaseUrl)).toBe(hears ? 2 : 0);
    });

    it('deliver on one node what was published on the other', async () => {
      await call(one, 'create', { name: 'plain' });
      const sent = Array.from({ length: 40 }, (_, n) => n);
      await Promise.all(sent.map((n) => call(one, 'publish', { queue: 'plain', payload: { n } })));
      const seen: unknown[] = [];
      while (seen.length < sent.length) {
        const { messages } = await call(other, 'consume', { queue: 'plain', max_messages: 10 });
        expect(messages.length).toBeGreaterThan(0);
        await Promise.all(
          messages.map(({ message_id, receipt, payload }) => {
            seen.push((payload as { n: number }).n);
            return call(one, 'ack', { queue: 'plain', message_id, receipt });
          }),
        );
      }
      expect(seen.sort((a, b) => Number(a) - Number(b))).toEqual(sent);
      expect((await call(other, 'consume', { queue: 'plain' })).messages).toEqual([]);
    });

    it('keep the order of a message group', async () => {
      await call(one, 'create', { name: 'ordered', type: 'fifo' });
      const sent = Array.from({ length: 12 }, (_, n) => n);
      for (const n of sent) {
        const body = { queue: 'ordered', payload: { n }, message_group_id: 'g' };
        await call(n % 2 === 0 ? one : other, 'publish', body);
      }
      const seen: unknown[] = [];
      while (seen.length < sent.length) {
        const node = seen.length % 2 === 0 ? other : one;
        const { messages } = await call(node, 'consume', { queue: 'ordered', max_messages: 1 });
        const [message] = messages;
        expect(message).toBeDefined();
        const { message_id, receipt, payload } = message as Data['messages'][number];
        seen.push((payload as { n: number }).n);
        await call(node, 'ack', { queue: 'ordered', message_id, receipt });
      }
      expect(seen).toEqual(sent);
    });

    it('answer many reads at once', async () => {
      await call(one, 'create', { name: 'read' });
      const { message_id } = await call(one, 'publish', { queue: 'read', payload: { x: 1 } });
      await Promise.all(
        Array.from({ length: 30 }, async () => {
          const stats = await call(other, 'stats/read');
          expect(JSON.stringify(stats)).toContain('1');
          expect(JSON.stringify(await call(one, 'list'))).toContain('"read"');
          expect(JSON.stringify(await call(other, 'get/read'))).toContain('"read"');
        }),
      );
      expect(JSON.stringify(await call(one, 'peek/read'))).toContain(message_id);
    });

    it('wake a long poll by a publish on the other node', async () => {
      await call(one, 'create', { name: 'awaited' });
      for (let round = 0; round < 3; round += 1) {
        const waiting = call(other, 'consume', { queue: 'awaited', wait_seconds: 20 });
        await pause(300);
        const { message_id } = await call(one, 'publish', { queue: 'awaited', payload: { round } });
        expect((await waiting).messages.map((message) => message.message_id)).toEqual([message_id]);
      }
    });

    it("leave no settings on the pooler's connections", async () => {
      const client = await connectAdmin(storeUrl.replace('?prepare=false', ''));
      const { rows } = await client.query(
        `SELECT current_setting('lock_timeout') AS lock_timeout,
           current_setting('enable_seqscan') AS enable_seqscan,
           current_setting('statement_timeout') AS statement_timeout`,
      );
      await client.end();
      expect(rows).toEqual([{ lock_timeout: '0', enable_seqscan: 'on', statement_timeout: '0' }]);
    });

    it('work again after a restart of the database behind it', async () => {
      await call(one, 'create', { name: 'kept' });
      const { message_id } = await call(one, 'publish', {
        queue: 'kept',
        payload: { at: 'before' },
      });
      for (const how of ['fast', 'crash'] as const) {
        await postgres.shutDown(how);
        await postgres.startAgain();
      }
      for (const node of [one, other]) {
        const endAtMs = performance.now() + BACK_WITHIN_MS;
        while ((await callNode(node, 'list')).status !== 200) {
          expect(performance.now()).toBeLessThan(endAtMs);
          await pause(100);
        }
      }
      const { messages } = await call(other, 'consume', { queue: 'kept', wait_seconds: 10 });
      expect(messages.map((message) => message.message_id)).toEqual([message_id]);
      for (const run of nodes) expect(run.isRunning, run.stderr).toBe(true);
    });
  });

  it('refuse to start in transaction mode without prepare=false', async () => {
    const run = start(await pool(await newDatabase(postgres.url, 'taken_for_own'), 'transaction'));
    expect(await run.ended()).toBe(1);
    expect(run.stdout).toBe('');
    expect(run.stderr).toContain('Add ?prepare=false');
  });

  it('end when the lock of the migrations is never released', async () => {
    const url = await newDatabase(postgres.url, 'held');
    const holder = await connectAdmin(url);
    await holder.query('SELECT pg_advisory_lock(7235438201)');
    const run = start(await pool(url, 'transaction', '?prepare=false'));
    expect(await run.ended()).toBe(1);
    await holder.end();
    expect(run.stderr).toContain('another node migrates the store');
    expect(run.stderr).toContain('has held the migration lock for too long');
  });

  it('do not report that they listen while the database behind the pooler is away', async () => {
    const through = await pool(await newDatabase(postgres.url, 'away'), 'session');
    await postgres.shutDown('fast');
    const run = start(through);
    expect(await run.ended()).toBe(1);
    await postgres.startAgain();
    expect(run.stdout).toBe('');
    expect(run.stderr).toContain('the database cannot be used');
  });
});
