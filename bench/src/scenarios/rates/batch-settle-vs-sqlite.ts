import { dirname, join } from 'node:path';
import { createQueues } from '../../calls/create-queues.js';
import { fillQueue } from '../../calls/fill-queue.js';
import { payloadOf } from '../../calls/publish-call.js';
import { ratioContest, WARMUP_MS } from '../../comparison/compare.js';
import { median } from '../../comparison/median.js';
import type { Bench, Measure, Round, Scenario } from '../../comparison/scenario.js';
import { runLoad } from '../../load/load-process.js';
import type { LoadResult, TallyLimits } from '../../load/load-tally.js';
import { runSqliteSettle } from '../../references/sqlite-settle.js';
import { onNewStore } from '../../servers/millrace-turn.js';
import { leasesPerCommit, sqliteFile } from '../../servers/sqlite-store-file.js';
import { probeServer } from '../../usage/probe-server.js';

const BATCH = 100;
/** More messages than either side settles in a second: a side that runs dry ends the bench. */
const WAITING_PER_SECOND = { ours: 100_000, alone: 400_000 };
const LEASES_READ_EVERY_MS = 200;

const measure: Measure = {
  name: 'batch-settle-vs-sqlite',
  unit: 'messages',
  kind: 'rate',
  countPerUnit: BATCH,
  target: 0.5,
  aim: 0.7,
};

export const batchSettleVsSqlite: Scenario = {
  name: measure.name,
  summary: 'consume of 100 and ack_batch, against the same rows leased and deleted by SQLite alone',
  contests: (bench) => [ratioContest(measure, () => runRound(bench))],
};

async function runRound(bench: Bench): Promise<Round> {
  const { ours, batchesPerCommit } = await settleBatches(bench);
  const reference = await settleAlone(bench, batchesPerCommit);
  return { reference, ours, remark: `${batchesPerCommit * BATCH} rows leased in a transaction` };
}

async function settleBatches({ settings, stores }: Bench) {
  const store = await stores.make('sqlite');
  return onNewStore(store, async (server) => {
    const { port, apiKey } = server;
    const [queue = ''] = await createQueues(server, 1);
    const { durationMs, warmupMs } = limits(settings.seconds);
    const waiting = (WAITING_PER_SECOND.ours * (warmupMs + durationMs)) / 1000;
    await fillQueue(server, queue, waiting, settings.payloadBytes);
    const leases: number[] = [];
    const readLeases = (): void => {
      const count = leasesPerCommit(store.url);
      if (count !== null) leases.push(count);
    };
    const reading = setInterval(readLeases, LEASES_READ_EVERY_MS);
    const job = {
      port,
      connections: settings.connections,
      traffic: { kind: 'batch-cycle' as const, apiKey, queue, size: BATCH, publishes: false },
      ...limits(settings.seconds),
    };
    const ours = await runLoad(job, probeServer(server)).finally(() => clearInterval(reading));
    return { ours, batchesPerCommit: Math.max(1, Math.round(median(leases) / BATCH)) };
  });
}

/** In transactions that lease and delete as many rows as millrace's. */
async function settleAlone(
  { settings, stores }: Bench,
  unitsPerTransaction: number,
): Promise<LoadResult> {
  const store = await stores.make('sqlite');
  try {
    return await runSqliteSettle({
      file: join(dirname(sqliteFile(store.url)), 'alone.db'),
      payload: payloadOf(settings.payloadBytes),
      rowsPerUnit: BATCH,
      unitsPerTransaction,
      rowsPerSecondMax: WAITING_PER_SECOND.alone,
      ...limits(settings.seconds),
    });
  } finally {
    await store.remove();
  }
}

const limits = (seconds: number): TallyLimits => ({
  warmupMs: WARMUP_MS,
  durationMs: seconds * 1000,
});
