import { createQueues } from '../../calls/create-queues.js';
import { PUSH_FLAGS, subscribe } from '../../calls/push-calls.js';
import { median } from '../../comparison/median.js';
import type { Bench, Scenario } from '../../comparison/scenario.js';
import type { LoadResult } from '../../load/load-tally.js';
import { startPushLatencyProbe } from '../../references/push/push-latency.js';
import { onNewStore } from '../../servers/millrace-turn.js';
import type { StoreKind } from '../../servers/stores.js';

const NAME = 'push-latency';
const EVERY_MS = 20;
const WARMUP_MS = 5000;
const TARGET_MS = 10;

export const pushLatency: Scenario = {
  name: NAME,
  summary: 'from publishing a message to its push, 50 a second; no ratio, printed below the table',

  async run(bench) {
    await noteLatency('sqlite', bench);
    await noteLatency('postgres', bench);
    return [];
  },
};

async function noteLatency(kind: StoreKind, bench: Bench): Promise<void> {
  const results: LoadResult[] = [];
  while (results.length < bench.settings.rounds) results.push(await measureOn(kind, bench));
  const medians = results.map(({ p50Ms }) => p50Ms);
  const nearlyAll = results.map(({ p99Ms }) => p99Ms);
  const pushes = results.reduce((sum, { completed }) => sum + completed, 0);
  bench.note(
    `${NAME} ${kind}: median ${shown(medians)} (target < ${TARGET_MS} ms), p99 ${shown(nearlyAll)}; ` +
      `${pushes} pushes, one publish every ${EVERY_MS} ms`,
  );
}

async function measureOn(kind: StoreKind, { stores, settings }: Bench): Promise<LoadResult> {
  const probe = await startPushLatencyProbe();
  try {
    return await onNewStore(
      await stores.make(kind),
      async (server) => {
        const [queue = ''] = await createQueues(server, 1);
        await subscribe(server, queue, probe.url);
        const { port, apiKey } = server;
        const limits = { warmupMs: WARMUP_MS, durationMs: settings.seconds * 1000 };
        return probe.run({ port, apiKey, queue, everyMs: EVERY_MS, ...limits });
      },
      PUSH_FLAGS,
    );
  } finally {
    await probe.stop();
  }
}

/** The median of the rounds, with the lowest and the highest in brackets. */
const shown = (ms: readonly number[]): string =>
  `${median(ms).toFixed(2)} ms (${Math.min(...ms).toFixed(2)}–${Math.max(...ms).toFixed(2)})`;
