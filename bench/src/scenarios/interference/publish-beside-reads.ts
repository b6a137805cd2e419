import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { call, rawGet, rawPost } from '../../calls/api-call.js';
import { createQueues } from '../../calls/create-queues.js';
import { PUBLISH_PATH, publishBody } from '../../calls/publish-call.js';
import { statsOf, statsPath } from '../../calls/queue-stats.js';
import { compare, roundLimits, WARMUP_MS } from '../../comparison/compare.js';
import type { Bench, Measure, Scenario } from '../../comparison/scenario.js';
import { type LoadJob, runLoad } from '../../load/load-process.js';
import { holdSnapshot } from '../../servers/held-snapshot.js';
import { onNewStore } from '../../servers/millrace-turn.js';
import { withClient } from '../../servers/postgres-server.js';
import type { MillraceServer } from '../../servers/server-process.js';

const NAME = 'publish-beside-reads';
const measureOf = (reads: string): Measure => ({
  name: `${NAME}: ${reads}`,
  unit: `p99 of a publish during ${reads}, against the usual one`,
  kind: 'cost',
  percentile: 'p99Ms',
  target: 3,
});
/** Index entries of removed messages, which the snapshot keeps. */
const DEAD_ENTRIES = 200_000;
const STATS_LOOPS = 20;
const PUBLISH_CONNECTIONS = 16;
/** Longer than any measurement: the readers are stopped explicitly. */
const READ_LIMIT_MS = 60_000;
const PAUSE_MS = 1_000;

export const publishBesideReads: Scenario = {
  name: NAME,
  summary: `publishes during ${STATS_LOOPS} loops of another queue's stats, with an old snapshot; PostgreSQL`,

  async run(bench) {
    const store = await bench.stores.make('postgres');
    return onNewStore(store, async (server) => {
      const [read = '', queue = ''] = await createQueues(server, 2);
      const snapshot = await holdSnapshot(store.url);
      try {
        await leaveDeadEntries(store.url, read);
        await call(server, PUBLISH_PATH, publishBody(read));
        await noteStats(bench, server, read);
        const job: LoadJob = {
          port: server.port,
          connections: PUBLISH_CONNECTIONS,
          traffic: requests([rawPost(PUBLISH_PATH, server.apiKey, publishBody(queue))]),
          ...roundLimits(bench.settings),
        };
        const beside = (start: () => Reader) => async () => {
          await sleep(PAUSE_MS);
          const reference = await runLoad(job);
          const reader = start();
          const ours = await runLoad(job);
          await reader.ended();
          return { reference, ours };
        };
        const stats = measureOf(`${STATS_LOOPS} loops of stats`);
        const dump = measureOf('a dump');
        return [
          await compare(
            stats,
            bench,
            beside(() => loopStats(server, read, job)),
          ),
          await compare(
            dump,
            bench,
            beside(() => dumpOften(store.url)),
          ),
        ];
      } finally {
        await snapshot.release();
      }
    });
  },
};

interface Reader {
  ended(): Promise<unknown>;
}

const requests = (list: string[]) => ({ kind: 'requests' as const, requests: list });

/** Runs for as long as the publishes take. */
function loopStats(server: MillraceServer, queue: string, { durationMs }: LoadJob): Reader {
  const load = runLoad({
    port: server.port,
    connections: STATS_LOOPS,
    traffic: requests([rawGet(statsPath(queue), server.apiKey)]),
    warmupMs: 0,
    durationMs: durationMs + 2 * WARMUP_MS,
  });
  return { ended: () => load };
}

/** Reads all rows again and again, as a dump does. */
function dumpOften(url: string): Reader {
  let isReading = true;
  const reads = (async () => {
    const client = new pg.Client({ connectionString: url, statement_timeout: READ_LIMIT_MS });
    await client.connect();
    while (isReading) await client.query('SELECT count(t::text) FROM millrace.messages t');
    await client.end();
  })();
  return {
    ended: () => {
      isReading = false;
      return reads;
    },
  };
}

const leaveDeadEntries = (url: string, queue: string): Promise<void> =>
  withClient(url, async (client) => {
    await client.query(
      `INSERT INTO millrace.messages (bucket_id, message_id, seq, rank, state, priority,
       enqueued_at_ms, first_available_at_ms, live_since_ms, bytes, payload)
     SELECT q.bucket_id, gen_random_uuid(), n, 0, 0, 0, 1, 1, 1, 10, '{"a": 12345}'
       FROM millrace.queues q, generate_series(1, $2::integer) AS n WHERE q.name = $1`,
      [queue, DEAD_ENTRIES],
    );
    await client.query('DELETE FROM millrace.messages WHERE live_since_ms = 1');
  });

async function noteStats(bench: Bench, server: MillraceServer, queue: string): Promise<void> {
  const CALLS = 20;
  const startedMs = performance.now();
  for (let count = 0; count < CALLS; count += 1) {
    await statsOf(server, queue);
  }
  const eachMs = (performance.now() - startedMs) / CALLS;
  bench.note(`${NAME}: one call of stats took ${eachMs.toFixed(1)} ms`);
}
