import { join } from 'node:path';
import { rawPost } from '../calls/api-call.js';
import { createQueues } from '../calls/create-queues.js';
import { PUBLISH_PATH, publishBody } from '../calls/publish-call.js';
import { statsOf } from '../calls/queue-stats.js';
import type { Traffic } from '../load/drivers/traffic.js';
import { type MillraceAddress, startServer } from '../servers/server-process.js';
import type { StoreKind } from '../servers/stores.js';
import { MillraceClient } from './millrace-client.js';
import type { ClientLoad, Peer, PeerClient, PeerServer } from './peer.js';
import { packageVersion } from './programs/package-version.js';
import { startDatabase } from './programs/postgres-database.js';
import { ackAsMany } from './run/ack-as-many.js';
import type { Place } from './run/place.js';

const BATCH_SIZE = 100;

const DURABILITY: Record<StoreKind, string> = {
  sqlite: 'fsync before every answer, shared by the calls that wait at that moment',
  postgres: 'commit with fsync before every answer, shared by the calls that wait at that moment',
};

/** Millrace through a Node client. */
export const millrace = (store: StoreKind): Peer<MillraceAddress> => ({
  ...shared(store),
  name: `millrace-${store}`,
  usage: `${packageVersion('undici')}, a kept connection for each caller; publish, consume with max_messages 1, ack`,
  connect: connectClient,
});

/** Millrace without a client library, to show what the client costs. */
export const millraceRaw = (store: StoreKind): Peer<MillraceAddress> => ({
  ...shared(store),
  name: `millrace-${store}-raw`,
  usage: 'the same requests on raw sockets, no client library',
  connect: connectRaw,
});

const shared = (store: StoreKind) => ({
  durability: DURABILITY[store],
  batch: { size: BATCH_SIZE, calls: 'publish_batch, consume, ack_batch' },
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
  const { address, batchSize } = load;
  const queue = await createQueue(address);
  const client = new MillraceClient(address, load.concurrency);
  const payload: unknown = JSON.parse(load.payload);
  const batch = Array<unknown>(batchSize).fill(payload);
  const receiveOne = async () => {
    const [message] = await client.consume(queue, 1);
    if (message === undefined) return 0;
    await client.ack(queue, message);
    return 1;
  };
  const receiveMany = async (atMost: number) => {
    const messages = await client.consume(queue, atMost);
    if (messages.length > 0) await client.ackBatch(queue, messages);
    return messages.length;
  };
  return {
    publish: () => client.publish(queue, payload),
    publishBatch: () => client.publishBatch(queue, batch),
    ack: (count) => ackAsMany(count, count === 1 ? receiveOne : receiveMany),
    waiting: () => waitingIn(address, queue),
    close: () => client.close(),
  };
}

async function connectRaw(load: ClientLoad<MillraceAddress>): Promise<PeerClient> {
  const queue = await createQueue(load.address);
  return {
    port: load.address.port,
    traffic: trafficOf(load, queue),
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
    case 'batch-cycle':
      return { kind: 'batch-cycle', apiKey, queue, size, publishes: true, payloadBytes };
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
