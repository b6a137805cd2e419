import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LeasedMessage } from '#server/core/commands/commands';
import { createIdSource } from '#server/core/ids';
import { pause } from '../../faults/load/pause.js';
import { FakeClock } from '../../harness/fake-clock.js';
import { CommandBuilder } from '../../store-conformance/command-builder.js';
import { connectAdmin } from '../postgres-nodes.js';
import { on, useTwoStores } from '../two-stores.js';

const DEAD_ENTRIES = 60_000;
const LOOKS = 20;
/** PostgreSQL reports a session's reads at most once a second. */
const REPORT_MS = 1_200;

const ids = createIdSource(new FakeClock());
const stores = useTwoStores();
let holder: pg.Client;

beforeAll(async () => {
  holder = await connectAdmin(stores.url);
  await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await holder.query('SELECT count(*) FROM millrace.queues');
});
afterAll(() => holder.end());

async function walked(): Promise<number> {
  const { rows } = await stores.admin.query(
    "SELECT idx_tup_read AS n FROM pg_stat_user_indexes WHERE indexrelname = 'messages_live'",
  );
  return Number(rows[0].n);
}

it('stats beside an old snapshot walk past deleted messages once in many reads, and count exactly', async () => {
  const make = new CommandBuilder('snapshot', ids);
  await on(stores.one, make.createQueue('q'));
  await stores.admin.query(
    `INSERT INTO millrace.messages (bucket_id, message_id, seq, rank, state, priority,
       enqueued_at_ms, first_available_at_ms, live_since_ms, bytes, payload)
     SELECT bucket_id, gen_random_uuid(), n, 0, 0, 0, 1, 1, 1, 1, '1'
       FROM millrace.queues, generate_series(1, $2::integer) AS n WHERE project = $1`,
    [make.name, DEAD_ENTRIES],
  );
  await stores.admin.query('DELETE FROM millrace.messages WHERE live_since_ms = 1');
  await on(stores.one, make.publish('q', ['1', '2', '3']));
  const stats = () => stores.one.read({ kind: 'stats', project: make.name, queue: 'q' });
  const list = { kind: 'listQueues', project: make.name, after: null, prefix: '' } as const;
  const before = await walked();
  const first = await stats();
  expect(first?.oldestAtMs).toBeGreaterThan(1);
  for (let look = 0; look < LOOKS; look += 1) expect(await stats()).toEqual(first);
  const listed = await stores.one.read({ ...list, limit: 10, counts: true });
  expect(listed).toMatchObject([{ queue: { name: 'q' }, counts: first }]);
  await pause(REPORT_MS);
  await stats();
  const looked = (await walked()) - before;
  expect(looked).toBeGreaterThan(DEAD_ENTRIES - 1);
  expect(looked).toBeLessThan(4 * DEAD_ENTRIES);

  const outcome = await on(stores.one, make.consume('q', { maxMessages: 3 }));
  const { messages } = outcome as { messages: readonly LeasedMessage[] };
  expect(await stats()).toMatchObject({ available: 0, inFlight: 3 });
  await on(stores.one, make.ack('q', messages));
  expect(await stats()).toMatchObject({ available: 0, inFlight: 0, oldestAtMs: null });
});
