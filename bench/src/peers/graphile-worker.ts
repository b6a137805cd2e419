import { EventEmitter } from 'node:events';
import { Logger, makeWorkerUtils, type Runner, run, type WorkerEvents } from 'graphile-worker';
import pg from 'pg';
import { type ClientLoad, onlyPublishes, type Peer, type PeerClient } from './peer.js';
import { packageVersion } from './programs/package-version.js';
import { startDatabase } from './programs/postgres-database.js';
import { AckedMessages } from './run/acked-messages.js';

const TASK = 'job';
const CONNECTIONS = 10;

interface Address {
  url: string;
}

export const graphileWorker: Peer<Address> = {
  name: 'graphile-worker',
  durability: 'a commit with fsync for each call',
  usage: `${packageVersion('graphile-worker')} with its default ten connections; addJob and a runner whose concurrentJobs is the number of callers`,
  batch: {
    size: 100,
    calls:
      'addJobs; the runner fetches batches (localQueue) and completes batches (completeJobBatchDelay 0), which are counted before their commit',
  },
  start: startDatabase,
  connect,
};

async function connect(load: ClientLoad<Address>): Promise<PeerClient> {
  const acked = new AckedMessages();
  const pgPool = openPool(load, acked);
  // Each scenario has its tables, so that none inherits the messages of another.
  const schema = `bench_${load.scenario.replace('-', '_')}`;
  const logger = new Logger(() => () => {});
  const tools = await makeWorkerUtils({ pgPool, schema, logger });
  await tools.migrate();
  const payload = JSON.parse(load.payload) as object;
  const batch = Array.from({ length: load.batchSize }, () => ({ identifier: TASK, payload }));
  const runner = onlyPublishes(load.scenario)
    ? undefined
    : await startRunner(load, { pgPool, schema, logger }, acked);
  return {
    publish: () => tools.addJob(TASK, payload),
    publishBatch: () => tools.addJobs(batch),
    ack: (count) => acked.take(count),
    async waiting() {
      const { rows } = await pgPool.query(`SELECT count(*)::int AS count FROM ${schema}.jobs`);
      return rows[0].count;
    },
    async close() {
      await runner?.stop();
      await tools.release();
      await pgPool.end();
    },
  };
}

function openPool({ address }: ClientLoad<Address>, acked: AckedMessages): pg.Pool {
  const pool = new pg.Pool({ connectionString: address.url, max: CONNECTIONS });
  pool.on('error', (error) => acked.fail(error));
  pool.on('connect', (client) => client.on('error', (error) => acked.fail(error)));
  return pool;
}

function startRunner(
  { scenario, concurrency }: ClientLoad<Address>,
  place: { pgPool: pg.Pool; schema: string; logger: Logger },
  acked: AckedMessages,
): Promise<Runner> {
  const events: WorkerEvents = new EventEmitter();
  events.on('job:complete', ({ error }) => (error ? acked.fail(error) : acked.add()));
  return run({
    ...place,
    events,
    noHandleSignals: true,
    taskList: { [TASK]: async () => {} },
    preset: {
      worker: {
        concurrentJobs: concurrency,
        ...(scenario === 'batch-cycle' && {
          // Its documents recommend to begin with one more than the number of workers.
          localQueue: { size: concurrency + 1 },
          completeJobBatchDelay: 0,
        }),
      },
    },
  });
}
