import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AckPolicy,
  type JetStreamClient,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { connect as connectNats } from '@nats-io/transport-node';
import { freePort } from '../../../packages/server/test/harness/free-port.js';
import {
  type ClientLoad,
  NotAvailable,
  onlyPublishes,
  type Peer,
  type PeerClient,
  type PeerServer,
} from './peer.js';
import { packageVersion } from './programs/package-version.js';
import { findProgram, startProgram, versionOf } from './programs/system-program.js';
import { AckedMessages } from './run/acked-messages.js';
import type { Place } from './run/place.js';

type Sync = 'default' | 'always';

interface Address {
  port: number;
}

const DURABILITY: Record<Sync, string> = {
  default:
    'JetStream in files, sync_interval of 2 minutes (the default): written, but no fsync before the answer',
  always: 'JetStream in files, sync_interval always: an fsync for each message before the answer',
};

const UNANSWERED = 'acks are sent without an answer';

export const nats = (sync: Sync): Peer<Address> => ({
  name: `nats-sync-${sync}`,
  durability: DURABILITY[sync],
  usage: `${packageVersion('@nats-io/jetstream')}; a stream with work-queue retention, JetStream publish, a pull consumer with a callback and an explicit ack for each message`,
  less: sync === 'always' ? UNANSWERED : `no fsync; ${UNANSWERED}`,
  batch: { size: 100, calls: '100 publishes at once; acks as in the cycle' },
  start: (place) => start(place, sync),
  connect,
});

async function start({ folder }: Place, sync: Sync): Promise<PeerServer<Address>> {
  const program = findProgram('nats-server', 'nats-server');
  const version = await versionOf(program, ['--version']);
  if (sync === 'always' && !canSyncAlways(version)) {
    throw new NotAvailable(
      `sync_interval always needs nats-server 2.10 or newer; found ${version}`,
    );
  }
  const port = await freePort();
  const configFile = join(folder, 'nats.conf');
  const interval = sync === 'always' ? 'sync_interval: always' : '';
  await writeFile(
    configFile,
    `listen: 127.0.0.1:${port}\njetstream { store_dir: "${folder}"\n${interval} }\n`,
  );
  const { pid, stop } = await startProgram(program, ['--config', configFile], port);
  return { address: { port }, version: `NATS ${version}`, pids: [pid], stop };
}

export function canSyncAlways(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 10);
}

async function connect(load: ClientLoad<Address>): Promise<PeerClient> {
  const { scenario: name, batchSize } = load;
  const connection = await connectNats({ servers: `127.0.0.1:${load.address.port}` });
  const client = jetstream(connection);
  const control = await jetstreamManager(connection);
  await control.streams.add({
    name,
    subjects: [name],
    storage: StorageType.File,
    retention: RetentionPolicy.Workqueue,
  });
  const acked = new AckedMessages();
  if (!onlyPublishes(name)) {
    await control.consumers.add(name, {
      durable_name: name,
      ack_policy: AckPolicy.Explicit,
      // The default of 1,000 would hold messages back.
      max_ack_pending: underWay(load) + 1000,
    });
    await consume(client, load, acked);
  }
  const content = Buffer.from(load.payload);
  const publish = () => client.publish(name, content);
  return {
    publish,
    publishBatch: () => Promise.all(Array.from({ length: batchSize }, publish)),
    ack: (count) => acked.take(count),
    // With work-queue retention an ack removes the message from the stream.
    waiting: async () => (await control.streams.info(name)).state.messages,
    close: () => connection.close(),
  };
}

async function consume(
  client: JetStreamClient,
  load: ClientLoad<Address>,
  acked: AckedMessages,
): Promise<void> {
  const consumer = await client.consumers.get(load.scenario, load.scenario);
  await consumer.consume({
    max_messages: Math.max(100, Math.min(1000, underWay(load))),
    callback(message) {
      message.ack();
      acked.add();
    },
  });
}

/** The most messages that are published and not yet acked. */
const underWay = ({ scenario, concurrency, batchSize }: ClientLoad): number =>
  scenario === 'batch-cycle' ? concurrency * batchSize : concurrency;
