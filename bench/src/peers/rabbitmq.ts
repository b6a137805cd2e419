import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, type ConfirmChannel, type ConsumeMessage, connect } from 'amqplib';
import { freePort } from '../../../packages/server/test/harness/free-port.js';
import {
  type ClientLoad,
  onlyPublishes,
  type Peer,
  type PeerClient,
  type PeerServer,
} from './peer.js';
import { packageVersion } from './programs/package-version.js';
import { findProgram, startProgram, versionOf } from './programs/system-program.js';
import { AckedMessages } from './run/acked-messages.js';
import type { Place } from './run/place.js';

/** Debian's programs in PATH are wrappers that switch the user and the data folder. */
const FOLDERS = ['/usr/lib/rabbitmq/bin'];
const PACKAGE = 'rabbitmq-server';
const ACK_SETTLE_MS = 1000;

interface Address {
  port: number;
}

export const rabbitmq: Peer<Address> = {
  name: 'rabbitmq',
  durability:
    'quorum queue with one member: the confirm follows the fsync of the Raft log, shared by the entries that wait',
  usage: `${packageVersion('amqplib')}; a confirm channel, and a consumer on a connection of its own with one ack for each message; prefetch is the number of messages under way`,
  less: 'acks are sent without an answer',
  batch: {
    size: 100,
    calls: '100 publishes, then their confirms; one ack (multiple) for what arrives together',
  },
  start,
  connect: connectClient,
};

async function start({ folder }: Place): Promise<PeerServer<Address>> {
  const program = findProgram('rabbitmq-server', PACKAGE, FOLDERS);
  const control = findProgram('rabbitmqctl', PACKAGE, FOLDERS);
  const [port, distPort, epmdPort] = [await freePort(), await freePort(), await freePort()];
  // Otherwise both programs would start an epmd in the background, which would outlive them.
  const epmdArgs = ['-port', String(epmdPort), '-address', '127.0.0.1'];
  const epmd = await startProgram(findProgram('epmd', PACKAGE), epmdArgs, epmdPort);
  try {
    const erlang = { HOME: folder, ERL_EPMD_PORT: String(epmdPort), ERL_EPMD_ADDRESS: '127.0.0.1' };
    const version = await versionOf(control, ['version'], erlang);
    const environment = { ...erlang, ...(await settingsIn(folder, port, distPort)) };
    const server = await startProgram(program, [], port, environment);
    return {
      address: { port },
      version: `RabbitMQ ${version}`,
      pids: [server.pid],
      async stop() {
        await server.stop();
        await epmd.stop();
      },
    };
  } catch (error) {
    await epmd.stop();
    throw error;
  }
}

/** Keeps all that the server reads and writes in the folder, and all that it listens on local. */
async function settingsIn(folder: string, port: number, distPort: number) {
  const configFile = join(folder, 'rabbitmq.conf');
  const pluginsFile = join(folder, 'enabled_plugins');
  await writeFile(configFile, `listeners.tcp.1 = 127.0.0.1:${port}\n`);
  await writeFile(pluginsFile, '[].\n');
  return {
    RABBITMQ_NODENAME: 'bench@localhost',
    RABBITMQ_MNESIA_BASE: folder,
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_CONFIG_FILE: configFile,
    RABBITMQ_ENABLED_PLUGINS_FILE: pluginsFile,
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    // The script becomes the server, instead of waiting for it: signals then reach the server.
    RUNNING_UNDER_SYSTEMD: '1',
  };
}

async function connectClient(load: ClientLoad<Address>): Promise<PeerClient> {
  const { scenario: queue, batchSize } = load;
  const url = `amqp://127.0.0.1:${load.address.port}`;
  // Its documents recommend separate connections: a publisher that is slowed down must not delay acks.
  const [publishing, consuming] = [await connect(url), await connect(url)];
  const acked = new AckedMessages();
  const [publisher, consumer] = [
    await publishing.createConfirmChannel(),
    await consuming.createChannel(),
  ];
  for (const part of [publishing, consuming, publisher, consumer]) {
    part.on('error', (error) => acked.fail(error));
  }
  await publisher.assertQueue(queue, {
    durable: true,
    arguments: { 'x-queue-type': 'quorum' },
  });
  if (!onlyPublishes(queue)) await consume(consumer, load, acked);
  const content = Buffer.from(load.payload);
  let consumerClosed: Promise<void> | undefined;
  const publish = () => publishConfirmed(publisher, queue, content);
  return {
    publish,
    publishBatch: () => Promise.all(Array.from({ length: batchSize }, publish)),
    ack: (count) => acked.take(count),
    async waiting() {
      consumerClosed ??= closeSettled(consumer);
      await consumerClosed;
      return (await publisher.checkQueue(queue)).messageCount;
    },
    async close() {
      await publishing.close();
      await consuming.close();
    },
  };
}

/**
 * The server passes acks on in the background, and drops those that are left when their channel closes:
 * hence the pause. Messages without an ack then return to the queue, and are counted there.
 */
async function closeSettled(consumer: Channel): Promise<void> {
  await sleep(ACK_SETTLE_MS);
  await consumer.close();
}

function publishConfirmed(channel: ConfirmChannel, queue: string, content: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    channel.sendToQueue(queue, content, { persistent: true }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

async function consume(
  channel: Channel,
  { scenario: queue, concurrency, batchSize }: ClientLoad<Address>,
  acked: AckedMessages,
): Promise<void> {
  if (queue === 'cycle') {
    await channel.prefetch(concurrency);
    await channel.consume(queue, (message) => {
      channel.ack(message as ConsumeMessage);
      acked.add();
    });
    return;
  }
  await channel.prefetch(Math.min(concurrency * batchSize, 0xffff));
  let last: ConsumeMessage | undefined;
  let count = 0;
  const ackAll = () => {
    channel.ack(last as ConsumeMessage, true);
    acked.add(count);
    last = undefined;
    count = 0;
  };
  await channel.consume(queue, (message) => {
    if (last === undefined) setImmediate(ackAll);
    last = message as ConsumeMessage;
    count += 1;
  });
}
