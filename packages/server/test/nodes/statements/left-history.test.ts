import { expect, it } from 'vitest';
import type { Outcome } from '#server/core/commands/commands';
import { on, useTwoStores } from '../two-stores.js';

const stores = useTwoStores();

it('the retention sweep removes what a node wrote of a queue while another deleted it', async () => {
  const { admin } = stores;
  await admin.query(
    `INSERT INTO millrace.queue_history
       (queue_id, minute, depth, published, delivered, acked, failed, dead_lettered)
     SELECT 1000000 + n, $1, 0, 1, 0, 0, 0, 0 FROM generate_series(1, 2500) AS n`,
    [Math.floor(Date.now() / 60_000)],
  );
  await admin.query(
    `INSERT INTO millrace.queue_quarters
       (queue_id, quarter, depth, published, delivered, acked, failed, dead_lettered)
     SELECT 1000000 + n, 1, 0, 1, 0, 0, 0, 0 FROM generate_series(1, 1500) AS n`,
  );
  await admin.query(
    `INSERT INTO millrace.queue_consumers (queue_id, node_id, waiting, last_fetch_at_ms, recorded_at_ms)
     SELECT 2000000 + n, 'a', 0, 1, 1 FROM generate_series(1, 1500) AS n`,
  );
  let afterQueueId: number | null = 0;
  while (afterQueueId !== null) {
    const step: Outcome<'expire'> = await on(stores.one, {
      kind: 'expire',
      afterQueueId,
      limit: 100,
    });
    if (!step.ok) throw new Error(step.message);
    afterQueueId = step.nextQueueId;
  }
  for (const table of ['queue_history', 'queue_quarters', 'queue_consumers']) {
    const { rows } = await admin.query(`SELECT count(*)::integer AS n FROM millrace.${table}`);
    expect(rows[0].n, table).toBe(0);
  }
});
