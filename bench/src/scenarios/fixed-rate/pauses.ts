import { setTimeout as sleep } from 'node:timers/promises';
import { call } from '../../calls/api-call.js';
import { createQueues } from '../../calls/create-queues.js';
import { fillQueue } from '../../calls/fill-queue.js';
import { prepareCycle } from '../../calls/prepare-cycle.js';
import { WARMUP_MS } from '../../comparison/compare.js';
import type { Bench, PausesRow, Scenario } from '../../comparison/scenario.js';
import { runLoad } from '../../load/load-process.js';
import { runOpenLoad } from '../../load/open/open-load.js';
import type { OpenLoadResult } from '../../load/open/open-loop.js';
import { onNewStore } from '../../servers/millrace-turn.js';
import type { MillraceServer } from '../../servers/server-process.js';
import { kindOf } from '../../servers/stores.js';
import { watchCheckpoints } from '../../storage/checkpoint-watch.js';
import { watchDiscarded } from '../../storage/discarded-messages.js';
import { SHARE_OF_TOP } from './latency-at-rate.js';

const NAME = 'pauses';
const TOP_SECONDS = 5;
const PAUSE_FROM_MS = 100;
/** Each purges one queue, so that removed messages are swept again and again. */
const PURGE_EVERY_SECONDS = 60;
const PURGED_MESSAGES = 100_000;

export const pauses: Scenario = {
  name: NAME,
  summary:
    'pauses of over 100 ms in ten minutes (or --seconds) of cycles at half of top throughput',

  async run(bench) {
    return onNewStore(await bench.stores.chosen(), async (server) => {
      const purges = Math.ceil(bench.settings.pauseSeconds / PURGE_EVERY_SECONDS);
      const purged = await createQueues(server, purges);
      for (const queue of purged) await fillQueue(server, queue, PURGED_MESSAGES);
      const row = await measure(server, purged, bench);
      noteRow(row, bench);
      return [row];
    });
  },
};

async function measure(
  server: MillraceServer,
  purged: readonly string[],
  { settings }: Bench,
): Promise<PausesRow> {
  const { traffic } = await prepareCycle(server, settings);
  const job = { port: server.port, traffic, warmupMs: WARMUP_MS };
  const { connections } = settings;
  const top = await runLoad({ ...job, connections, durationMs: TOP_SECONDS * 1000 });

  const durationMs = settings.pauseSeconds * 1000;
  const kind = kindOf(server.storeUrl);
  const checkpoints = kind === 'sqlite' ? watchCheckpoints(server.storeUrl) : undefined;
  const [run] = await Promise.all([
    runOpenLoad({
      ...job,
      durationMs,
      perSecond: top.perSecond * SHARE_OF_TOP,
      pauseFromMs: PAUSE_FROM_MS,
    }),
    purgeInTurn(server, purged, durationMs),
  ]);
  const checkpointedSeconds = checkpoints?.stop();
  const discarded = await watchDiscarded(kind, server.storeUrl);
  const isSwept = !(await discarded.areLeft());
  await discarded.close();
  return {
    kind: 'pauses',
    name: NAME,
    ratePerSecond: run.perSecond,
    seconds: settings.pauseSeconds,
    longestMs: run.longestPauseMs,
    targetMs: PAUSE_FROM_MS,
    ...(checkpointedSeconds !== undefined && { checkpointedSeconds }),
    purges: purged.length,
    isSwept,
    run,
  };
}

async function purgeInTurn(
  server: MillraceServer,
  queues: readonly string[],
  durationMs: number,
): Promise<void> {
  await sleep(WARMUP_MS);
  for (const queue of queues) {
    await call(server, `/v1/queue/purge/${queue}`, '');
    await sleep(durationMs / queues.length);
  }
}

function noteRow(row: PausesRow, { note }: Bench): void {
  const { run } = row;
  note(
    `${NAME}: ${row.seconds} s at ${row.ratePerSecond.toFixed(0)} cycles/s, ` +
      `purges of ${PURGED_MESSAGES} messages: ${row.purges} ` +
      `(${row.isSwept ? 'all swept' : 'not all swept at the end'}), ` +
      `longest pause ${row.longestMs.toFixed(0)} ms (target <= ${row.targetMs}), ` +
      `p99 ${run.p99Ms.toFixed(1)} ms, max ${run.maxMs.toFixed(0)} ms`,
  );
  for (const line of pauseLines(run)) note(`${NAME}: ${line}`);
}

const pauseLines = ({ pauses: list }: OpenLoadResult): string[] =>
  list.map(
    ({ atMs, lengthMs, generatorStoodMs }) =>
      `after ${(atMs / 1000).toFixed(1)} s, ${lengthMs.toFixed(0)} ms without an answer ` +
      `(the generator stood still for ${generatorStoodMs.toFixed(0)} ms of it)`,
  );
