import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pause } from '../../faults/load/pause.js';
import { STORE_FACTORIES, type StoreFixture } from '../../harness/stores.js';
import { API_KEY, callNode } from '../node-load.js';
import { connectAdmin } from '../postgres-nodes.js';
import { ServerRun } from '../run-server.js';

interface Sent {
  readonly n: number;
  readonly status: number;
  readonly code: string | undefined;
}

describe('a node that is stopped by SIGSTOP in the middle of a transaction', () => {
  let fixture: StoreFixture;
  let admin: pg.Client;
  let runs: readonly ServerRun[] = [];

  beforeAll(async () => {
    const postgres = STORE_FACTORIES.find(({ name }) => name === 'postgres');
    if (postgres === undefined) throw new Error('there is no PostgreSQL store to test');
    fixture = await postgres.create();
    admin = await connectAdmin(fixture.url);
    const key = { MILLRACE_API_KEY: API_KEY };
    runs = [new ServerRun(fixture.url, key), new ServerRun(fixture.url, key)];
  });
  afterAll(async () => {
    for (const run of runs) run.signal('SIGCONT');
    await Promise.all(runs.map((run) => run.kill()));
    await admin.end();
    await fixture.remove();
  });

  /** Counts the transactions that stand still and have locked message groups. */
  const openTransactions = async (): Promise<number> => {
    const { rows } = await admin.query(
      `SELECT count(DISTINCT a.pid)::integer AS n FROM pg_stat_activity a JOIN pg_locks l USING (pid)
        WHERE a.state = 'idle in transaction' AND a.datname = current_database()
          AND l.relation = 'millrace.fifo_groups'::regclass AND l.mode = 'RowShareLock'`,
    );
    return rows[0].n;
  };

  const publish = async (url: string, queue: string, n: number): Promise<Sent> => {
    const group = queue === 'fifo' ? { message_group_id: 'g' } : {};
    const response = await callNode(url, 'publish', { queue, payload: { n }, ...group });
    const { error } = (await response.json()) as { error?: { code: string } };
    return { n, status: response.status, code: error?.code };
  };

  it('blocks no other queue, its message group only for a while, and keeps what it has answered', async () => {
    const [stopped] = runs as [ServerRun, ServerRun];
    const [lostUrl = '', url = ''] = await Promise.all(runs.map((run) => run.listening()));
    for (const body of [{ name: 'fifo', type: 'fifo' }, { name: 'other' }]) {
      expect((await callNode(url, 'create', body)).status).toBe(200);
    }

    const sent: Promise<Sent>[] = [];
    for (let round = 0; ; round += 1) {
      if (round === 400) throw new Error('the node never stopped inside a transaction');
      const before = sent.length;
      for (let n = before; n < before + 3; n += 1) sent.push(publish(lostUrl, 'fifo', n));
      await pause(round % 11);
      stopped.signal('SIGSTOP');
      // What it has sent is done before the test looks for open transactions.
      await pause(100);
      if ((await openTransactions()) > 0) break;
      stopped.signal('SIGCONT');
      await Promise.all(sent);
    }

    const stuck = publish(url, 'fifo', 1_000_000);
    let strangers = 0;
    let isStuck = true;
    void stuck.finally(() => {
      isStuck = false;
    });
    while (isStuck) {
      expect(await publish(url, 'other', strangers)).toMatchObject({ status: 200 });
      strangers += 1;
    }
    // If they were blocked, it would be all the time.
    expect(strangers).toBeGreaterThan(2);
    const answers = [await stuck];
    while (answers.at(-1)?.status !== 200) {
      expect(answers.at(-1)).toMatchObject({ status: 503, code: 'STORE_UNAVAILABLE' });
      answers.push(await publish(url, 'fifo', 1_000_000 + answers.length));
    }
    // The session ended in the database, while its node still stands.
    expect(await openTransactions()).toBe(0);

    stopped.signal('SIGCONT');
    answers.push(...(await Promise.all(sent)));
    answers.push(await publish(lostUrl, 'fifo', 2_000_000));
    expect(answers.at(-1)).toMatchObject({ status: 200 });
    for (const run of runs) expect(run.isRunning, run.stderr).toBe(true);

    const kept = await drain(url, 'fifo');
    expect(new Set(kept).size).toBe(kept.length);
    const numbersOf = (isIt: (answer: Sent) => boolean): number[] =>
      answers.filter(isIt).map(({ n }) => n);
    expect(kept).toEqual(expect.arrayContaining(numbersOf(({ status }) => status === 200)));
    const undone = numbersOf(({ code }) => code === 'STORE_UNAVAILABLE');
    expect(kept.filter((n) => undone.includes(n))).toEqual([]);
  });

  /** Takes all messages of the message group, in their order. */
  async function drain(url: string, queue: string): Promise<number[]> {
    const kept: number[] = [];
    for (;;) {
      const response = await callNode(url, 'consume', { queue, max_messages: 10, wait_seconds: 1 });
      const { data } = (await response.json()) as {
        data: { messages: { message_id: string; receipt: string; payload: { n: number } }[] };
      };
      if (data.messages.length === 0) return kept;
      for (const { message_id, receipt, payload } of data.messages) {
        kept.push(payload.n);
        expect((await callNode(url, 'ack', { queue, message_id, receipt })).status).toBe(200);
      }
    }
  }
});
