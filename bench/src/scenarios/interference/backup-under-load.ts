import { setTimeout as sleep } from 'node:timers/promises';
import { rawPost } from '../../calls/api-call.js';
import { PUBLISH_BATCH_PATH } from '../../calls/batch-calls.js';
import { createQueues } from '../../calls/create-queues.js';
import { PUBLISH_PATH, publishBody } from '../../calls/publish-call.js';
import { compare, roundLimits } from '../../comparison/compare.js';
import type { Bench, Measure, Scenario } from '../../comparison/scenario.js';
import { type LoadJob, runLoad } from '../../load/load-process.js';
import type { LoadResult } from '../../load/load-tally.js';
import { runBackup } from '../../servers/backup-run.js';
import { onNewStore } from '../../servers/millrace-turn.js';
import type { MillraceServer } from '../../servers/server-process.js';

const NAME = 'backup-under-load';
const MEASURE: Measure = {
  name: NAME,
  unit: 'p99 of a publish during a backup, against the usual one',
  kind: 'cost',
  percentile: 'p99Ms',
  target: 2,
};
const STORE_BYTES = 2 ** 30;
const MESSAGE_BYTES = 16 * 1024;
const MESSAGES_PER_BATCH = 60;
const FILL_CONNECTIONS = 2;
const FILL_LIMIT_MS = 3_600_000;
/** Time for the checkpoints of earlier writes. */
const PAUSE_MS = 5_000;
const MIB = 2 ** 20;

export const backupUnderLoad: Scenario = {
  name: NAME,
  summary: 'publishes at full load during a backup of a 1 GiB store, against without; SQLite',

  async run(bench) {
    const store = await bench.stores.make('sqlite');
    return onNewStore(store, async (server) => {
      const [full = '', queue = ''] = await createQueues(server, 2);
      await fill(server, full);
      const job: LoadJob = {
        port: server.port,
        connections: bench.settings.connections,
        traffic: {
          kind: 'requests',
          requests: [rawPost(PUBLISH_PATH, server.apiKey, publishBody(queue))],
        },
        ...roundLimits(bench.settings),
      };
      const comparison = await compare(MEASURE, bench, async () => {
        await sleep(PAUSE_MS);
        const reference = await runLoad(job);
        await sleep(PAUSE_MS);
        return { reference, ours: await besideBackups(job, store.url, bench) };
      });
      return [comparison];
    });
  },
};

/** Backups one after the other, until the load has been measured. */
async function besideBackups(job: LoadJob, storeUrl: string, bench: Bench): Promise<LoadResult> {
  let isMeasuring = true;
  const backups = (async () => {
    while (isMeasuring) {
      const { bytes, durationMs } = await runBackup(storeUrl);
      const seconds = (durationMs / 1000).toFixed(1);
      const beside = isMeasuring ? 'under load' : 'its last part without load';
      bench.note(
        `${NAME}: a backup of ${Math.round(bytes / MIB)} MiB took ${seconds} s, ${beside}`,
      );
    }
  })();
  const result = await runLoad(job).finally(() => {
    isMeasuring = false;
  });
  await backups;
  return result;
}

function fill(server: MillraceServer, queue: string): Promise<LoadResult> {
  const message = `{"payload":"${'x'.repeat(MESSAGE_BYTES)}"}`;
  const body = `{"queue":"${queue}","messages":[${Array(MESSAGES_PER_BATCH).fill(message)}]}`;
  return runLoad({
    port: server.port,
    connections: FILL_CONNECTIONS,
    traffic: {
      kind: 'requests',
      requests: [rawPost(PUBLISH_BATCH_PATH, server.apiKey, body)],
    },
    unitLimit: Math.ceil(STORE_BYTES / MESSAGE_BYTES / MESSAGES_PER_BATCH),
    warmupMs: 0,
    durationMs: FILL_LIMIT_MS,
  });
}
