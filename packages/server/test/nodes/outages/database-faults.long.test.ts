import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pause } from '../../faults/load/pause.js';
import { type RunningPostgres, startPostgres } from '../../harness/postgres.js';
import { API_KEY, expectKept, LoadedNodes } from '../node-load.js';
import { connectAdmin } from '../postgres-nodes.js';

/** How soon the nodes must serve again once the database can be reached. */
const BACK_WITHIN_MS = 15_000;
/** For a whole load and its drain, on a machine that does other work. */
const LOAD_TIMEOUT_MS = 180_000;

describe('nodes whose database fails under load', () => {
  let postgres: RunningPostgres;
  let nodes: LoadedNodes;

  beforeAll(async () => {
    postgres = await startPostgres();
  });
  beforeEach(async () => {
    nodes = await LoadedNodes.start([postgres.url, postgres.url]);
  });
  afterEach(() => nodes?.stop());
  afterAll(() => postgres?.stop());

  it(
    'keep their promises while all backends are terminated repeatedly',
    async () => {
      const report = await nodes.load(async () => {
        const admin = await connectAdmin(postgres.url);
        for (let round = 0; round < 10; round += 1) {
          await pause(150 + 20 * (round % 5));
          await terminateAll(admin);
        }
        await admin.end();
        await nodes.answering(BACK_WITHIN_MS);
        await pause(500);
      });
      expectKept('terminated', report);
    },
    LOAD_TIMEOUT_MS,
  );

  it(
    'keep their promises while the database restarts after a shutdown or a crash',
    async () => {
      const report = await nodes.load(async () => {
        for (const how of ['fast', 'crash', 'fast'] as const) {
          await pause(600);
          await postgres.shutDown(how);
          await pause(400);
          await postgres.startAgain();
          await nodes.answering(BACK_WITHIN_MS);
        }
        await pause(500);
      });
      expectKept('restarted', report);
    },
    LOAD_TIMEOUT_MS,
  );

  it('report that they are not ready, and why, while the database is away', async () => {
    const [baseUrl = ''] = nodes.baseUrls;
    await postgres.shutDown('fast');
    try {
      const response = await fetch(`${baseUrl}/readyz`);
      expect(response.status).toBe(503);
      const { status, cause } = (await response.json()) as { status: string; cause: string };
      expect(status).toBe('not ready');
      expect(cause).toMatch(/store: .*(database|ECONNREFUSED|connect)/);
      expect((await fetch(`${baseUrl}/healthz`)).status).toBe(200);
      const metrics = await fetch(`${baseUrl}/metrics`, {
        headers: { authorization: `Bearer ${API_KEY}` },
      });
      expect(metrics.status).toBe(200);
      expect(await metrics.text()).toMatch(/^millrace_store_up 0$/m);
    } finally {
      await postgres.startAgain();
    }
    await nodes.answering(BACK_WITHIN_MS);
    expect((await fetch(`${baseUrl}/readyz`)).status).toBe(200);
    expect(nodes.crashes()).toEqual([]);
  });
});

async function terminateAll(admin: pg.Client): Promise<void> {
  await admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'millrace'`,
  );
}
