import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pause } from '../faults/pause.js';
import { type RunningPostgres, startPostgres } from '../harness/postgres.js';
import { TcpProxy } from '../harness/tcp-proxy.js';
import { ANSWER_WITHIN_MS, LoadedNodes, type LoadReport } from './node-load.js';
import { connectAdmin } from './postgres-nodes.js';

/** How soon the nodes must serve again once the database can be reached. */
const BACK_WITHIN_MS = 10_000;

describe('nodes whose database fails under load', () => {
  let postgres: RunningPostgres;
  let proxy: TcpProxy;
  let nodes: LoadedNodes;

  beforeAll(async () => {
    postgres = await startPostgres();
    proxy = await TcpProxy.start(postgres.url);
  });
  beforeEach(async () => {
    // One node goes by the network that tests break, the other one is spared by that.
    nodes = await LoadedNodes.start([proxy.url, postgres.url]);
  });
  afterEach(() => nodes?.stop());
  afterAll(async () => {
    await proxy?.stop();
    await postgres?.stop();
  });

  it('keep their promises while all backends are terminated, again and again', async () => {
    const report = await nodes.load(async () => {
      const admin = await connectAdmin(postgres.url);
      for (let round = 0; round < 12; round += 1) {
        await pause(150 + 20 * (round % 5));
        await terminateAll(admin);
      }
      await admin.end();
      await nodes.answering(BACK_WITHIN_MS);
      await pause(500);
    });
    expectKept('terminated', report);
  });

  it('keep their promises while the database restarts, after a shutdown or a crash', async () => {
    const report = await nodes.load(async () => {
      for (const how of ['fast', 'crash', 'fast'] as const) {
        await pause(700);
        await postgres.shutDown(how);
        await pause(400);
        await postgres.startAgain();
        await nodes.answering(BACK_WITHIN_MS);
      }
      await pause(500);
    });
    expectKept('restarted', report);
    expect(report.refusals.STORE_UNAVAILABLE).toBeGreaterThan(0);
  });

  it('keep their promises while connections are cut without a word', async () => {
    const report = await nodes.load(async () => {
      for (let round = 0; round < 12; round += 1) {
        await pause(150 + 20 * (round % 5));
        proxy.cut();
      }
      proxy.refuse();
      await pause(1_000);
      proxy.resume();
      await nodes.answering(BACK_WITHIN_MS);
      await pause(500);
    });
    expectKept('cut', report);
  });

  it('keep their promises while the network is silent for some seconds', async () => {
    const report = await nodes.load(async () => {
      await pause(500);
      proxy.goSilent();
      await pause(7_000);
      proxy.resume();
      await nodes.answering(BACK_WITHIN_MS);
      await pause(1_000);
    });
    expectKept('silent', report);
  });

  it('say that they are not ready while the database is away, and why', async () => {
    await postgres.shutDown('fast');
    try {
      for (const baseUrl of nodes.baseUrls) {
        const response = await fetch(`${baseUrl}/readyz`);
        expect(response.status).toBe(503);
        const { status, cause } = (await response.json()) as { status: string; cause: string };
        expect(status).toBe('not ready');
        expect(cause).toMatch(/store: .*(database|ECONNREFUSED|connect)/);
        expect((await fetch(`${baseUrl}/healthz`)).status).toBe(200);
      }
    } finally {
      await postgres.startAgain();
    }
    await nodes.answering(BACK_WITHIN_MS);
    for (const baseUrl of nodes.baseUrls) {
      expect((await fetch(`${baseUrl}/readyz`)).status).toBe(200);
    }
  });
});

async function terminateAll(admin: pg.Client): Promise<void> {
  await admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'millrace' AND pid <> pg_backend_pid()`,
  );
}

function expectKept(what: string, report: LoadReport): void {
  const { violations, crashes, unanswered, slowestMs, refusals, acked } = report;
  process.stdout.write(
    `${what}: ${acked} acked, slowest answer ${Math.round(slowestMs)} ms, ${JSON.stringify(refusals)}\n`,
  );
  expect(crashes).toEqual([]);
  expect(unanswered).toEqual([]);
  expect(violations).toEqual([]);
  expect(slowestMs).toBeLessThan(ANSWER_WITHIN_MS);
  expect(acked).toBeGreaterThan(50);
}
