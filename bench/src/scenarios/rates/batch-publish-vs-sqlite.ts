import { rawPost } from '../../calls/api-call.js';
import { batchBody, PUBLISH_BATCH_PATH } from '../../calls/batch-calls.js';
import { createQueues } from '../../calls/create-queues.js';
import { ratioContest, roundLimits } from '../../comparison/compare.js';
import type { Bench, Measure, Round, Scenario } from '../../comparison/scenario.js';
import { runLoad } from '../../load/load-process.js';
import { insertAlone } from '../../references/sqlite/alone.js';
import { onNewStore } from '../../servers/millrace-turn.js';
import { messagesPerCommit } from '../../servers/sqlite-store-file.js';
import { probeServer } from '../../usage/probe-server.js';

const BATCH = 100;

const measure: Measure = {
  name: 'batch-publish-vs-sqlite',
  unit: 'messages',
  kind: 'rate',
  countPerUnit: BATCH,
  target: 0.5,
  aim: 0.7,
};

export const batchPublishVsSqlite: Scenario = {
  name: measure.name,
  summary: 'publish_batch of 100 over HTTP, against the same rows inserted by SQLite alone',
  contests: (bench) => [ratioContest(measure, () => runRound(bench))],
};

async function runRound(bench: Bench): Promise<Round> {
  const { ours, batchesPerCommit } = await publishBatches(bench);
  // In transactions as large as millrace's, because an fsync costs less per row in a larger one.
  const groups = { rowsPerUnit: BATCH, unitsPerTransaction: batchesPerCommit };
  const reference = await insertAlone(bench, groups);
  return { reference, ours, remark: `${batchesPerCommit * BATCH} rows in a transaction` };
}

async function publishBatches({ settings, stores }: Bench) {
  const store = await stores.make('sqlite');
  return onNewStore(store, async (server) => {
    const [queue = ''] = await createQueues(server, 1);
    const body = batchBody(queue, BATCH, settings.payloadBytes);
    const job = {
      port: server.port,
      connections: settings.connections,
      traffic: {
        kind: 'requests' as const,
        requests: [rawPost(PUBLISH_BATCH_PATH, server.apiKey, body)],
      },
      ...roundLimits(settings),
    };
    const ours = await runLoad(job, probeServer(server));
    const batches = Math.round(messagesPerCommit(store.url) / BATCH);
    return { ours, batchesPerCommit: Math.max(1, batches) };
  });
}
