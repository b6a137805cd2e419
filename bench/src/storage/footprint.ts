import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { call } from '../calls/api-call.js';
import { ACK_BATCH_PATH, ackBatchBody, leaseAll } from '../calls/consume-calls.js';
import { createQueues } from '../calls/create-queues.js';
import { fillQueue } from '../calls/fill-queue.js';
import { publishBody } from '../calls/publish-call.js';
import { positiveInteger } from '../options/numbers.js';
import { readStores, STORE_OPTIONS } from '../options/stores.js';
import { readOrExit, runToEnd } from '../servers/end-of-process.js';
import { onNewStore } from '../servers/millrace-turn.js';
import { withClient } from '../servers/postgres-server.js';
import type { MillraceServer } from '../servers/server-process.js';
import { sqliteFile } from '../servers/sqlite-store-file.js';
import { isKind, type StoreKind, Stores, type StoresSettings } from '../servers/stores.js';
import { residentMib } from './resident-memory.js';

/** Measures what messages take on disk and in the server's memory, in each of their states. */

const KEYED = 20_000;
const MIB = 1024 * 1024;
/**
 * Free space is given back in small steps; a size that changes by less than 1 MiB in this time is
 * settled.
 */
const SETTLE_MS = 20_000;

const help = `Usage: npx tsx bench/src/storage/footprint.ts [options]     (after npm run build)

Publishes ${KEYED} messages of 200 bytes with idempotency keys, then others without, and leases and
acks the others. Prints the size of the store and the server's memory after each step.

  --messages N            messages without idempotency keys (100000)
  --store KIND            sqlite or postgres (sqlite)
  --postgres URL          server to create the database on; without it, one from npm is started
  --data-dir DIR          directory for files (the system's directory for temporary files)
  --help                  print this help
`;

interface Options {
  readonly messages: number;
  readonly kind: StoreKind;
  readonly stores: StoresSettings;
}

function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      messages: { type: 'string', default: '100000' },
      store: { type: 'string', default: 'sqlite' },
      ...STORE_OPTIONS,
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  if (!isKind(values.store)) {
    throw new Error(`--store must be sqlite or postgres, not ${values.store}`);
  }
  return {
    messages: positiveInteger('messages', values.messages),
    kind: values.store,
    stores: readStores(values.store, values),
  };
}

async function run({ messages, kind }: Options, stores: Stores): Promise<void> {
  const store = await stores.make(kind);
  const sizeOf = kind === 'sqlite' ? sqliteBytes : postgresBytes;
  await onNewStore(store, async (server) => {
    const [queue, keyed] = (await createQueues(server, 2)) as [string, string];
    const report = async (phase: string, count = 0, beforeBytes = 0): Promise<number> => {
      const bytes = await settled(() => sizeOf(store.url));
      const each = count === 0 ? '' : Math.round((bytes - beforeBytes) / count);
      const resident = residentMib(server.pid).toFixed(0);
      process.stdout.write(`| ${phase} | ${(bytes / MIB).toFixed(1)} | ${each} | ${resident} |\n`);
      return bytes;
    };
    process.stdout.write('| phase | store, MiB | bytes per message | server, MiB |\n');
    process.stdout.write('| --- | ---: | ---: | ---: |\n');
    const emptyBytes = await report('empty');
    await publishWithKeys(server, keyed);
    const beforeBytes = await report(`${KEYED} with keys`, KEYED, emptyBytes);
    await fillQueue(server, queue, messages);
    await report(`${messages} published`, messages, beforeBytes);
    const acks: string[] = [];
    for await (const deliveries of leaseAll(server, queue)) {
      acks.push(ackBatchBody(queue, deliveries));
    }
    await report('leased', messages, beforeBytes);
    for (const body of acks) await call(server, ACK_BATCH_PATH, body);
    await report('acked', messages, beforeBytes);
  });
}

async function settled(sizeOf: () => Promise<number>): Promise<number> {
  let bytes = await sizeOf();
  while (true) {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const now = await sizeOf();
    if (Math.abs(now - bytes) < MIB) return now;
    bytes = now;
  }
}

/** Publishes messages one by one, since each call has its own record. */
async function publishWithKeys(server: MillraceServer, queue: string): Promise<void> {
  let published = 0;
  const worker = async () => {
    while (published < KEYED) {
      published += 1;
      const body = {
        ...JSON.parse(publishBody(queue)),
        idempotency_key: `order-${published}-paid`,
      };
      await call(server, '/v1/queue/publish', JSON.stringify(body));
    }
  };
  await Promise.all(Array.from({ length: 64 }, worker));
}

/**
 * The size of the file. The WAL is copied into it first; its own size does not depend on the messages.
 */
async function sqliteBytes(storeUrl: string): Promise<number> {
  const file = sqliteFile(storeUrl);
  const db = new Database(file);
  db.pragma('wal_checkpoint(PASSIVE)');
  db.close();
  return statSync(file).size;
}

/** The size of tables and indexes, after a vacuum. */
const postgresBytes = (storeUrl: string): Promise<number> =>
  withClient(storeUrl, async (client) => {
    await client.query('VACUUM');
    const { rows } = await client.query(
      'SELECT sum(pg_total_relation_size(relid)) AS bytes FROM pg_stat_user_tables',
    );
    return Number(rows[0].bytes);
  });

const options = readOrExit(readOptions);
if (options === undefined) {
  process.stdout.write(help);
} else {
  const stores = new Stores(options.stores);
  await runToEnd(
    () => run(options, stores),
    () => stores.stop(),
  );
}
