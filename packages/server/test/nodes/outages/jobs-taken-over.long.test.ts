import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pause } from '../../faults/load/pause.js';
import { ADMIN_KEY, callerOf } from '../../harness/http-server.js';
import { ManagingClient } from '../../harness/managing-client.js';
import { STORE_FACTORIES, type StoreFixture } from '../../harness/stores.js';
import { ServerRun } from '../run-server.js';

const COUNT = 20_000;
const SOON = { timeout: 90_000, interval: 50 };
/** A machine that stalls for a second may let the job end before the test sees it under way. */
const CATCHING = { retry: 3 };

describe.each(STORE_FACTORIES)('a redrive of many messages on $name', (factory) => {
  let fixture: StoreFixture;
  let runs: ServerRun[];
  let client: ManagingClient;

  beforeEach(async () => {
    runs = [];
    fixture = await factory.create();
    client = (await serve()).client;
  });
  afterEach(async () => {
    await Promise.all(runs.map((run) => run.kill()));
    await fixture.remove();
  });

  async function bury(): Promise<void> {
    expect((await client.post('create', { name: 'q' })).status).toBe(200);
    for (let buried = 0; buried < COUNT; buried += 1_000) {
      await client.bury('q', ...Array.from({ length: 1_000 }, (_, at) => buried + at));
    }
  }

  async function serve() {
    const run = new ServerRun(fixture.url, { MILLRACE_API_KEY: ADMIN_KEY });
    runs.push(run);
    const url = await run.listening();
    if (url === undefined) throw new Error(run.stderr);
    return { run, client: new ManagingClient({ call: callerOf(url) }) };
  }

  /** Resolves when the job has begun and has messages left. */
  async function begun(by: ManagingClient, atMost = COUNT): Promise<void> {
    for (;;) {
      const { dlq } = await by.stats('q');
      expect(dlq, 'the job ended before it was seen under way').toBeGreaterThan(0);
      if (dlq < atMost) return;
      await pause(20);
    }
  }

  it(
    'goes on after SIGTERM of its server, and of the server that took it over',
    CATCHING,
    async () => {
      await bury();
      const call = client.redrive('q');
      await begun(client);
      runs[0]?.signal('SIGTERM');
      const answer = await call;
      expect(answer.status).toBe(503);
      expect(answer.body.error).toMatchObject({
        code: 'OUTCOME_UNKNOWN',
        message: expect.stringMatching(
          /has started and continues by itself; the same call joins it/,
        ),
      });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await runs[0]?.ended()).toBe(0);

      const second = await serve();
      const { dlq } = await second.client.stats('q');
      expect(dlq).toBeGreaterThan(0);
      // On a file the job goes on from the start; on PostgreSQL, once it has stood still for a moment.
      if (!factory.isLocal) await begun(second.client, dlq);
      second.run.signal('SIGTERM');
      expect(await second.run.ended()).toBe(0);

      const third = await serve();
      expect((await third.client.stats('q')).dlq).toBeGreaterThan(0);
      expect((await third.client.redrive('q')).body.data).toEqual({ queue: 'q', redriven: COUNT });
      expect((await third.client.redrive('q')).body.data).toEqual({ queue: 'q', redriven: 0 });
      expect(await third.client.stats('q')).toMatchObject({ available: COUNT, dlq: 0 });
    },
  );

  it('is finished by another server when its node is killed', CATCHING, async () => {
    // A file allows one server at a time; on PostgreSQL the other one has long been running.
    const other = factory.isLocal ? undefined : await serve();
    await bury();
    const call = client.redrive('q').then(
      () => 'answered',
      () => 'broken',
    );
    await begun(other?.client ?? client);
    await runs[0]?.kill();
    expect(await call).toBe('broken');
    const alive = other ?? (await serve());
    expect((await alive.client.stats('q')).dlq).toBeGreaterThan(0);
    await vi.waitFor(async () => {
      expect(await alive.client.stats('q')).toMatchObject({ available: COUNT, dlq: 0 });
    }, SOON);
  });
});
