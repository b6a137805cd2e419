import { setTimeout as sleep } from 'node:timers/promises';
import { Millrace } from '@millrace/client';
import {
  listIntervalMs,
  readFirstQueues,
  readQueues,
} from '../../../../packages/console/src/api/overview-calls.js';
import { rawPost } from '../../calls/api-call.js';
import { createQueues } from '../../calls/create-queues.js';
import { fillSpread } from '../../calls/fill-queue.js';
import { PUBLISH_PATH, publishBody } from '../../calls/publish-call.js';
import { compare, roundLimits } from '../../comparison/compare.js';
import { median } from '../../comparison/median.js';
import type { Bench, Measure, Scenario } from '../../comparison/scenario.js';
import { type ConsolesJob, openConsoles } from '../../load/consoles/open-consoles.js';
import { type LoadJob, runLoad } from '../../load/load-process.js';
import { onNewStore } from '../../servers/millrace-turn.js';
import type { MillraceServer } from '../../servers/server-process.js';
import { probeServer } from '../../usage/probe-server.js';
import { usageBetween } from '../../usage/usage.js';

const NAME = 'consoles';
const CONSOLES = 10;
/** As many rows as a window of 1,300 pixels shows. */
const VISIBLE_ROWS = 28;
const FIRST_ROWS_SAMPLES = 10;
/** Time for the checkpoints of what was published before. */
const PAUSE_MS = 5_000;

const MEASURE: Measure = {
  name: NAME,
  unit: 'messages',
  kind: 'rate',
  target: 0.95,
};

export const consoles: Scenario = {
  name: NAME,
  summary: `publishes beside ${CONSOLES} open consoles, with 1,000,000 messages in 10,000 queues`,

  async run(bench) {
    const { settings } = bench;
    return onNewStore(await bench.stores.chosen(), async (server) => {
      const queues = await createQueues(server, settings.consoleQueues);
      await fillSpread(server, queues, settings.backlog, settings.payloadBytes);
      const [publishedTo = ''] = await createQueues(server, 1);
      // In each turn at least one console reads the whole list, as in the long run.
      const seconds = Math.max(settings.seconds, listIntervalMs(queues.length) / CONSOLES / 1000);
      const load: LoadJob = {
        port: server.port,
        connections: settings.connections,
        traffic: {
          kind: 'requests',
          requests: [rawPost(PUBLISH_PATH, server.apiKey, publishBody(publishedTo))],
        },
        ...roundLimits({ seconds }),
      };
      const opened: ConsolesJob = {
        port: server.port,
        apiKey: server.apiKey,
        count: CONSOLES,
        queueCount: queues.length,
        visible: queues.slice(0, VISIBLE_ROWS),
      };
      await sleep(PAUSE_MS);
      await noteFirstRows(bench, server, 'an idle server');
      await noteIdleCost(bench, server, opened, seconds);
      const comparison = await compare(MEASURE, bench, async () => {
        await sleep(PAUSE_MS);
        const reference = await runLoad(load, probeServer(server));
        await sleep(PAUSE_MS);
        const close = await openConsoles(opened);
        const ours = await runLoad(load, probeServer(server));
        const { calls, cpuShare } = await close();
        return {
          reference,
          ours,
          remark: `${calls} calls, for which their own process used ${cpuShare.toFixed(2)} of a core`,
        };
      });
      const underLoad = runLoad(load);
      await noteFirstRows(bench, server, 'a server at full load');
      await underLoad;
      return [comparison];
    });
  },
};

/** Times what the page waits for before it can show rows, and the whole list that follows. */
async function noteFirstRows(bench: Bench, server: MillraceServer, where: string): Promise<void> {
  const baseUrl = `http://127.0.0.1:${server.port}`;
  const millrace = new Millrace({ baseUrl, apiKey: server.apiKey, retries: false });
  const firstMs: number[] = [];
  const listMs: number[] = [];
  while (firstMs.length < FIRST_ROWS_SAMPLES) {
    const startedMs = performance.now();
    const [first] = await Promise.all([readFirstQueues(millrace), millrace.account.whoami()]);
    firstMs.push(performance.now() - startedMs);
    await readQueues(millrace, first, () => {});
    listMs.push(performance.now() - startedMs);
  }
  bench.note(
    `${NAME}, on ${where}: what the first rows need is there after ${range(firstMs)} ms, the whole ` +
      `list after ${range(listMs)} ms (medians and ranges of ${FIRST_ROWS_SAMPLES})`,
  );
}

async function noteIdleCost(
  bench: Bench,
  server: MillraceServer,
  opened: ConsolesJob,
  seconds: number,
): Promise<void> {
  const probe = probeServer(server);
  const close = await openConsoles(opened);
  const before = await probe();
  await sleep(seconds * 1000);
  const used = usageBetween(before, await probe());
  await close();
  const shares = (['mainMicros', 'processMicros', 'databaseMicros'] as const).map((counter) =>
    used[counter] === undefined ? 'unknown' : (used[counter] / seconds / 1e6).toFixed(3),
  );
  const [main, process, database] = shares;
  bench.note(
    `${NAME}, beside nothing else: the server used ${process} of a core for ${CONSOLES} consoles, ` +
      `${main} of it in its main thread; the database ${database}`,
  );
}

const range = (values: readonly number[]): string =>
  `${median(values).toFixed(0)} (${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)})`;
