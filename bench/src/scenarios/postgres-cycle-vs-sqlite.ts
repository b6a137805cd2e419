import { compare, WARMUP_MS } from '../compare.js';
import { runLoad } from '../load-process.js';
import type { LoadResult } from '../load-tally.js';
import { onNewStore } from '../millrace-turn.js';
import { prepareCycle } from '../prepare-cycle.js';
import type { Bench, Measure, Scenario } from '../scenario.js';
import type { StoreKind } from '../stores.js';

const measure: Measure = {
  name: 'postgres-cycle-vs-sqlite',
  unit: 'cycles',
  kind: 'rate',
  target: 0.4,
};

export const postgresCycleVsSqlite: Scenario = {
  name: measure.name,
  summary: 'publish, consume, ack on PostgreSQL, beside the same on SQLite',

  async run(bench) {
    const comparison = await compare(measure, bench, async () => ({
      reference: await cyclesOn('sqlite', bench),
      ours: await cyclesOn('postgres', bench),
    }));
    return [comparison];
  },
};

async function cyclesOn(kind: StoreKind, { settings, stores }: Bench): Promise<LoadResult> {
  return onNewStore(await stores.make(kind), async (server) => {
    const { traffic } = await prepareCycle(server);
    return runLoad({
      port: server.port,
      connections: settings.connections,
      traffic,
      warmupMs: WARMUP_MS,
      durationMs: settings.seconds * 1000,
    });
  });
}
