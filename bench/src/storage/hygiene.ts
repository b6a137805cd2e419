import pg from 'pg';
import { prepareCycle } from '../calls/prepare-cycle.js';
import type { Traffic } from '../load/drivers/traffic.js';
import { runLoadWithFailures } from '../load/load-process.js';
import { readOrExit, runToEnd } from '../servers/end-of-process.js';
import { onNewStore } from '../servers/millrace-turn.js';
import type { MillraceServer } from '../servers/server-process.js';
import { Stores } from '../servers/stores.js';
import { type HygieneOptions, help, readHygieneOptions } from './hygiene-options.js';
import { phasesTable } from './hygiene-report.js';
import { HygieneWatch } from './hygiene-watch.js';

const PROGRESS_MS = 500;
const SPEED_AFTER_MS = 10_000;
const QUERY_LIMIT_MS = 60_000;
/** Autovacuum looks at a database once a minute. */
const AUTOVACUUM_LIMIT_MS = 180_000;
/** The share of the whole time that is kept for autovacuum and the speed after it, if time is short. */
const SHARE_AFTER_LOAD = 0.3;

async function run(options: HygieneOptions, stores: Stores): Promise<void> {
  const database = await stores.make('postgres');
  const client = new pg.Client({
    connectionString: database.url,
    query_timeout: QUERY_LIMIT_MS,
  });
  await onNewStore(database, async (server) => {
    await client.connect();
    try {
      await measure(options, server, client, database.url);
    } finally {
      await client.end();
    }
  });
}

async function measure(
  options: HygieneOptions,
  server: MillraceServer,
  client: pg.Client,
  databaseUrl: string,
): Promise<void> {
  const limitMs = options.maxMinutes * 60_000;
  const afterLoadMs = Math.min(AUTOVACUUM_LIMIT_MS + SPEED_AFTER_MS, limitMs * SHARE_AFTER_LOAD);
  const startedMs = performance.now();
  const { traffic: single } = await prepareCycle(server);
  const { batch } = options;
  const traffic: Traffic =
    batch === 1
      ? single
      : {
          kind: 'batch-cycle',
          apiKey: single.apiKey,
          queue: single.queues[0] as string,
          size: batch,
          publishes: true,
        };
  const job = { port: server.port, connections: options.connections, traffic, warmupMs: 0 };
  const watch = new HygieneWatch(client, {
    databaseUrl,
    snapshotFrom: options.messages / 3,
    snapshotMs: options.snapshotSeconds * 1000,
    print: (line) => console.error(line),
  });
  const load = runLoadWithFailures(
    {
      ...job,
      unitLimit: Math.ceil(options.messages / batch),
      durationMs: limitMs - afterLoadMs,
      progressEveryMs: PROGRESS_MS,
    },
    {
      onProgress: (completed) => {
        watch.completed = completed * batch;
      },
    },
  );
  const result = await watch.follow(
    load.then((units) => ({ ...units, completed: units.completed * batch })),
  );
  const leftMs = limitMs - (performance.now() - startedMs);
  const speedMs = Math.min(SPEED_AFTER_MS, leftMs / 2);
  await watch.awaitAutovacuum(Math.min(AUTOVACUUM_LIMIT_MS, leftMs - speedMs));
  const after = await runLoadWithFailures({ ...job, durationMs: speedMs });
  await watch.addPhase(
    `${Math.round(speedMs / 1000)} s of load after autovacuum`,
    after.perSecond * batch,
  );

  const failures = result.errors + result.nonSuccess + after.errors + after.nonSuccess;
  const firstFailure = result.firstBadAnswer ?? result.firstError ?? after.firstBadAnswer;
  const endedEarly = result.completed < options.messages ? ', ended early' : '';
  process.stdout.write(
    `${result.completed} of ${options.messages} messages published, consumed and acked` +
      `${endedEarly}; ${failures} failed requests or connections.\n` +
      `${firstFailure === undefined ? '' : `First failure: ${firstFailure}\n`}\n` +
      `${phasesTable(watch.phases)}\n`,
  );
}

const options = readOrExit(readHygieneOptions);
if (options) {
  const stores = new Stores(options.stores);
  await runToEnd(
    () => run(options, stores),
    () => stores.stop(),
  );
} else {
  process.stdout.write(help);
}
