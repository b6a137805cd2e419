import { createQueues } from '../../calls/create-queues.js';
import { fillQueue } from '../../calls/fill-queue.js';
import { ratioContest, roundLimits } from '../../comparison/compare.js';
import { median } from '../../comparison/median.js';
import type { Bench, Measure, Round, Scenario } from '../../comparison/scenario.js';
import { runLoad } from '../../load/load-process.js';
import { settleAlone } from '../../references/sqlite/alone.js';
import { onNewStore } from '../../servers/millrace-turn.js';
import { leasesPerCommit } from '../../servers/sqlite-store-file.js';
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
  const reference = await settleAlone(bench, {
    rowsPerUnit: BATCH,
    // In transactions that lease and delete as many rows as millrace's.
    unitsPerTransaction: batchesPerCommit,
    rowsPerSecondMax: WAITING_PER_SECOND.alone,
  });
  return { reference, ours, remark: `${batchesPerCommit * BATCH} rows leased in a transaction` };
}

async function settleBatches({ settings, stores }: Bench) {
  const store = await stores.make('sqlite');
  return onNewStore(store, async (server) => {
    const { port, apiKey } = server;
    const [queue = ''] = await createQueues(server, 1);
    const limits = roundLimits(settings);
    const waiting = (WAITING_PER_SECOND.ours * (limits.warmupMs + limits.durationMs)) / 1000;
    await fillQueue(server, queue, Math.ceil(waiting), settings.payloadBytes);
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
      ...limits,
    };
    const ours = await runLoad(job, probeServer(server)).finally(() => clearInterval(reading));
    return { ours, batchesPerCommit: Math.max(1, Math.round(median(leases) / BATCH)) };
  });
}
