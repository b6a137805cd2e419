import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { call } from '../../calls/api-call.js';
import { createQueues } from '../../calls/create-queues.js';
import { fillMixed } from '../../calls/fill-mixed.js';
import type { Bench, Comparison, Scenario } from '../../comparison/scenario.js';
import { compareSteps } from '../../comparison/step-rounds.js';
import { type LoadJob, runLoad } from '../../load/load-process.js';
import type { LoadResult } from '../../load/load-tally.js';
import { onNewStore } from '../../servers/millrace-turn.js';
import type { MillraceServer } from '../../servers/server-process.js';
import { sqliteFile } from '../../servers/sqlite-store-file.js';
import type { NewStore, StoreKind } from '../../servers/stores.js';
import { type DiscardedMessages, watchDiscarded } from '../../storage/discarded-messages.js';

const NAME = 'purge-million';
const STEPS = ['publish', 'consume', 'ack'];
const OTHER_QUEUES = 10;
const WAITING_IN_OTHERS = 1000;
/** Enough for a load, but too few to saturate the server: the wait for others would hide the sweep. */
const CONNECTIONS = 8;
const WARMUP_MS = 2000;
/** Shortly after the warm-up, which begins when the load's process has started. */
const PURGE_AFTER_MS = WARMUP_MS + 1000;
const PAUSE_MS = 5000;
const LOOK_EVERY_MS = 500;
const SWEEP_LIMIT_MS = 900_000;
/** The file counts as settled once it has kept its size for this long. */
const SETTLED_MS = 10_000;
const MIB = 1024 * 1024;

export const purgeMillion: Scenario = {
  name: NAME,
  summary: "other queues' p99 while 1,000,000 purged messages are swept, against the usual one",

  async run(bench) {
    return [...(await compareOn('sqlite', bench)), ...(await compareOn('postgres', bench))];
  },
};

async function compareOn(kind: StoreKind, bench: Bench): Promise<Comparison[]> {
  const store = await bench.stores.make(kind);
  return onNewStore(store, async (server) => {
    const [purged = '', ...others] = await createQueues(server, 1 + OTHER_QUEUES);
    await fillMixed(server, others, WAITING_IN_OTHERS);
    await fillMixed(server, [purged], bench.settings.backlog);
    await sleep(PAUSE_MS);
    const discarded = await watchDiscarded(kind, store.url);
    try {
      return await comparePurge({ kind, store, server, purged, others, discarded }, bench);
    } finally {
      await discarded.close();
    }
  });
}

interface Purge {
  kind: StoreKind;
  store: NewStore;
  server: MillraceServer;
  purged: string;
  others: string[];
  discarded: DiscardedMessages;
}

async function comparePurge(purge: Purge, bench: Bench): Promise<Comparison[]> {
  const { kind, server, others, discarded } = purge;
  const { apiKey, port } = server;
  const job: LoadJob = {
    port,
    connections: CONNECTIONS,
    traffic: { kind: 'cycle', apiKey, queues: others, publishes: true },
    warmupMs: WARMUP_MS,
    durationMs: bench.settings.seconds * 1000,
  };
  const usual: LoadResult[] = [];
  while (usual.length < bench.settings.rounds) usual.push(await runLoad(job));

  const fileMib = kind === 'sqlite' ? fileMibOf(purge.store) : undefined;
  const startedMs = performance.now();
  const during = await measureSweep(purge, job, usual.length, bench);
  const underLoadMs = performance.now() - startedMs;
  await untilSwept(discarded);
  const sweptMs = performance.now() - startedMs;
  bench.note(
    `${NAME} ${kind}: the sweep ended ${seconds(sweptMs)} s after the purge, ` +
      `the first ${seconds(Math.min(sweptMs, underLoadMs))} s of it under load`,
  );
  if (fileMib !== undefined) await noteFile(purge.store, fileMib, bench);
  return compareSteps(
    (step) => ({
      name: `${NAME} ${kind} ${step}`,
      unit: 'p99 during the sweep, against the usual one',
      kind: 'cost',
      percentile: 'p99Ms',
      target: 5,
    }),
    STEPS,
    usual,
    during,
    bench,
  );
}

/** The purge itself happens in the first round. A round that outlasted the sweep does not count. */
async function measureSweep(
  { server, purged, discarded, kind }: Purge,
  job: LoadJob,
  rounds: number,
  { note }: Bench,
): Promise<LoadResult[]> {
  const [first, answeredMs] = await Promise.all([
    runLoad(job),
    sleep(PURGE_AFTER_MS).then(() => purgeMs(server, purged)),
  ]);
  note(`${NAME} ${kind}: the purge was answered after ${answeredMs.toFixed(0)} ms`);
  const results = [first];
  while (results.length < rounds && (await discarded.areLeft())) {
    const result = await runLoad(job);
    if (await discarded.areLeft()) results.push(result);
  }
  note(`${NAME} ${kind}: ${results.length} rounds were measured during the sweep`);
  return results;
}

async function purgeMs(server: MillraceServer, queue: string): Promise<number> {
  const startedMs = performance.now();
  await call(server, `/v1/queue/purge/${queue}`, '');
  return performance.now() - startedMs;
}

async function untilSwept(discarded: DiscardedMessages): Promise<void> {
  const untilMs = performance.now() + SWEEP_LIMIT_MS;
  while (await discarded.areLeft()) {
    if (performance.now() > untilMs) throw new Error('the sweep does not end');
    await sleep(LOOK_EVERY_MS);
  }
}

/** Only waits: the server gives the space back by itself. */
async function noteFile(store: NewStore, beforeMib: number, { note }: Bench): Promise<void> {
  const sweptAtMs = performance.now();
  let size = fileMibOf(store);
  let sinceMs = sweptAtMs;
  while (performance.now() - sinceMs < SETTLED_MS) {
    await sleep(LOOK_EVERY_MS);
    if (fileMibOf(store) === size) continue;
    size = fileMibOf(store);
    sinceMs = performance.now();
  }
  note(
    `${NAME}: the file had ${beforeMib.toFixed(0)} MiB before the purge and has ` +
      `${size.toFixed(0)} MiB, ${seconds(sinceMs - sweptAtMs)} s after the sweep ended`,
  );
}

const fileMibOf = (store: NewStore): number => statSync(sqliteFile(store.url)).size / MIB;
const seconds = (ms: number): number => Math.round(ms / 1000);
