import PgBoss from 'pg-boss';
import { closedLoop } from '../../load/closed-loop.js';
import { type LoadReport, reportMeasuring } from '../../load/load-process.js';
import type { PgBossJob } from './pg-boss-load.js';

const QUEUE = 'bench';

// All options have pg-boss's defaults: ten connections, supervision and schedules on.
process.once('message', async ({ databaseUrl, concurrency, payload, ...limits }: PgBossJob) => {
  const boss = new PgBoss(databaseUrl);
  boss.on('error', (error) => console.error('pg-boss:', error));
  await boss.start();
  await boss.createQueue(QUEUE);
  const data = JSON.parse(payload) as object;

  reportMeasuring(limits);
  const result = await closedLoop(limits, concurrency, async () => {
    const id = await boss.send(QUEUE, data);
    if (id === null) throw new Error('pg-boss did not accept the job');
  });
  const report: LoadReport = { result };
  await boss.stop({ graceful: false });
  process.send?.(report, () => process.disconnect());
});
