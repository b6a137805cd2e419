import { prepareCycle } from '../../calls/prepare-cycle.js';
import { ratioContest, roundLimits } from '../../comparison/compare.js';
import type { Bench, Measure, Scenario } from '../../comparison/scenario.js';
import { runLoad } from '../../load/load-process.js';
import type { LoadResult } from '../../load/load-tally.js';
import { onNewStore } from '../../servers/millrace-turn.js';
import type { StoreKind } from '../../servers/stores.js';
import { probeServer } from '../../usage/probe-server.js';

const measure: Measure = {
  name: 'postgres-cycle-vs-sqlite',
  unit: 'cycles',
  kind: 'rate',
  target: 0.6,
  aim: 0.8,
};

export const postgresCycleVsSqlite: Scenario = {
  name: measure.name,
  summary: 'publish, consume, ack on PostgreSQL, against the same on SQLite',

  contests: (bench) => [
    ratioContest(measure, async () => ({
      reference: await cyclesOn('sqlite', bench),
      ours: await cyclesOn('postgres', bench),
    })),
  ],
};

async function cyclesOn(kind: StoreKind, { settings, stores }: Bench): Promise<LoadResult> {
  return onNewStore(await stores.make(kind), async (server) => {
    const { traffic } = await prepareCycle(server, settings);
    const job = {
      port: server.port,
      connections: settings.connections,
      traffic,
      ...roundLimits(settings),
    };
    return runLoad(job, probeServer(server));
  });
}
