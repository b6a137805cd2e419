import { rawPost } from '../../calls/api-call.js';
import { createQueues } from '../../calls/create-queues.js';
import { PUBLISH_PATH, payloadOf, publishBody } from '../../calls/publish-call.js';
import { ratioContest, roundLimits } from '../../comparison/compare.js';
import type { Bench, Measure, Scenario } from '../../comparison/scenario.js';
import { runLoad } from '../../load/load-process.js';
import type { LoadResult } from '../../load/load-tally.js';
import { runPgBossLoad } from '../../references/pg-boss/pg-boss-load.js';
import { onNewStore } from '../../servers/millrace-turn.js';
import { probeServer } from '../../usage/probe-server.js';

const measure: Measure = {
  name: 'postgres-publish-vs-pg-boss',
  unit: 'messages',
  kind: 'rate',
  target: 8,
  aim: 10,
};

export const postgresPublishVsPgBoss: Scenario = {
  name: measure.name,
  summary: "one message per request on PostgreSQL, against pg-boss's send on the same server",

  contests: (bench) => [
    ratioContest(measure, async () => ({
      reference: await sendWithPgBoss(bench),
      ours: await publishOverHttp(bench),
    })),
  ],
};

async function sendWithPgBoss({ settings, stores }: Bench): Promise<LoadResult> {
  const database = await stores.make('postgres');
  try {
    return await runPgBossLoad({
      databaseUrl: database.url,
      concurrency: settings.connections,
      payload: payloadOf(settings.payloadBytes),
      ...roundLimits(settings),
    });
  } finally {
    await database.remove();
  }
}

async function publishOverHttp({ settings, stores }: Bench): Promise<LoadResult> {
  return onNewStore(await stores.make('postgres'), async (server) => {
    const [queue = ''] = await createQueues(server, 1);
    const requests = [
      rawPost(PUBLISH_PATH, server.apiKey, publishBody(queue, {}, settings.payloadBytes)),
    ];
    const job = {
      port: server.port,
      connections: settings.connections,
      traffic: { kind: 'requests' as const, requests },
      ...roundLimits(settings),
    };
    return runLoad(job, probeServer(server));
  });
}
