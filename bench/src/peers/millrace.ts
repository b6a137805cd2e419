import { join } from 'node:path';
import { Millrace, type Queue, Worker } from '@millrace/client';
import { rawPost } from '../calls/api-call.js';
import { batchBody, PUBLISH_BATCH_PATH } from '../calls/batch-calls.js';
import { createQueues } from '../calls/create-queues.js';
import { fillQueue } from '../calls/fill-queue.js';
import { PUBLISH_PATH, publishBody } from '../calls/publish-call.js';
import { statsOf } from '../calls/queue-stats.js';
import type { Traffic } from '../load/drivers/traffic.js';
import { type MillraceAddress, startServer } from '../servers/server-process.js';
import type { StoreKind } from '../servers/stores.js';
import type { ClientLoad, Peer, PeerClient, PeerServer } from './peer.js';
import { packageVersion } from './programs/package-version.js';
import { startDatabase } from './programs/postgres-database.js';
import { AckedMessages } from './run/acked-messages.js';
import type { Place } from './run/place.js';

const BATCH_SIZE = 100;

const DURABILITY: Record<StoreKind, string> = {
  sqlite: 'fsync before every answer, shared by the calls that wait at that moment',
  postgres: 'commit with fsync before every answer, shared by the calls that wait at that moment',
};

/** How long a fetch of the worker waits for messages, and so how long its end may take. */
const WAIT_SECONDS = 1;

/** Millrace through its own client. */
export const millrace = (store: StoreKind): Peer<MillraceAddress> => ({
  ...shared(store),
  name: `millrace-${store}`,
  usage: `${packageVersion('@millrace/client')}; queue.publisher() and one Worker whose concurrency is the number of callers, waitSeconds ${WAIT_SECONDS}`,
  batch: { size: BATCH_SIZE, calls: 'publish of each message; publisher and worker make batches' },
  work: 'Worker',
  connect: connectClient,
});

/** Millrace without a client library, to show what the client costs. */
export const millraceRaw = (store: StoreKind): Peer<MillraceAddress> => ({
  ...shared(store),
  name: `millrace-${store}-raw`,
  usage:
    'requests on raw sockets, a connection for each caller; publish, consume with max_messages 1, ack',
  batch: { size: BATCH_SIZE, calls: 'publish_batch, consume, ack_batch' },
  work: `consume and ack_batch of ${BATCH_SIZE}`,
  connect: connectRaw,
});

const shared = (store: StoreKind) => ({
  durability: DURABILITY[store],
  start: store === 'sqlite' ? startOnSqlite : startOnPostgres,
});

async function startOnSqlite({ folder }: Place): Promise<PeerServer<MillraceAddress>> {
  const { pid, stop, ...address } = await startServer(`sqlite:${join(folder, 'millrace.db')}`);
  return { address, version: 'millrace of this checkout', pids: [pid], stop };
}

async function startOnPostgres(place: Place): Promise<PeerServer<MillraceAddress>> {
  const database = await startDatabase(place);
  try {
    const { pid, stop, ...address } = await startServer(database.address.url);
    return {
      address,
      version: `millrace of this checkout, ${database.version}`,
      pids: [pid, ...database.pids],
      async stop() {
        await stop();
        await database.stop();
      },
    };
  } catch (error) {
    await database.stop();
    throw error;
  }
}

async function connectClient(load: ClientLoad<MillraceAddress>): Promise<PeerClient> {
  const { address, batchSize, concurrency } = load;
  const name = await createQueue(address);
  const baseUrl = `http://127.0.0.1:${address.port}`;
  const queue = new Millrace({ baseUrl, apiKey: address.apiKey }).queue(name);
  const payload: unknown = JSON.parse(load.payload);
  const publisher = queue.publisher();
  const acked = new AckedMessages();
  let worker: Worker | undefined;
  return {
    publish: () => publisher.publish(payload),
    publishBatch: () =>
      Promise.all(Array.from({ length: batchSize }, () => publisher.publish(payload))),
    ack(count) {
      worker ??= startWorker(queue, concurrency, acked);
      return acked.take(count);
    },
    ...fillOf(load, name),
    async stopWork() {
      await worker?.stop();
      return acked.all;
    },
    waiting: () => waitingIn(address, name),
    async close() {
      await worker?.stop();
      await publisher.close();
    },
  };
}

function startWorker(queue: Queue, concurrency: number, acked: AckedMessages): Worker {
  const worker = new Worker(queue, () => {}, { concurrency, waitSeconds: WAIT_SECONDS });
  worker.on('acked', () => acked.add());
  worker.on('callFailed', ({ error }) => acked.fail(error));
  worker.on('leaseLost', () => acked.fail(new Error('a lease was lost')));
  return worker;
}

const fillOf = ({ address, payload }: ClientLoad<MillraceAddress>, queue: string) => ({
  fill: (count: number) => fillQueue(address, queue, count, Buffer.byteLength(payload)),
});

async function connectRaw(load: ClientLoad<MillraceAddress>): Promise<PeerClient> {
  const queue = await createQueue(load.address);
  return {
    port: load.address.port,
    traffic: trafficOf(load, queue),
    ...fillOf(load, queue),
    waiting: () => waitingIn(load.address, queue),
    close: async () => {},
  };
}

function trafficOf(load: ClientLoad<MillraceAddress>, queue: string): Traffic {
  const { batchSize: size } = load;
  const payloadBytes = Buffer.byteLength(load.payload);
  const { apiKey } = load.address;
  switch (load.scenario) {
    case 'publish': {
      const request = rawPost(PUBLISH_PATH, apiKey, publishBody(queue, {}, payloadBytes));
      return { kind: 'requests', requests: [request] };
    }
    case 'cycle':
      return { kind: 'cycle', apiKey, queues: [queue], publishes: true, payloadBytes };
    case 'batch-publish': {
      const body = batchBody(queue, size, payloadBytes);
      return { kind: 'requests', requests: [rawPost(PUBLISH_BATCH_PATH, apiKey, body)] };
    }
    case 'batch-cycle':
      return { kind: 'batch-cycle', apiKey, queue, size, publishes: true, payloadBytes };
    case 'work':
      return { kind: 'batch-cycle', apiKey, queue, size, publishes: false };
  }
}

async function createQueue(address: MillraceAddress): Promise<string> {
  const [queue = ''] = await createQueues(address, 1);
  return queue;
}

async function waitingIn(address: MillraceAddress, queue: string): Promise<number> {
  const { available, in_flight, delayed, dlq } = await statsOf(address, queue);
  return available + in_flight + delayed + dlq;
}
