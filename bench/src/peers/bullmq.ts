import { Queue, Worker } from 'bullmq';
import { freePort } from '../../../packages/server/test/harness/free-port.js';
import type { ClientLoad, Peer, PeerClient, PeerServer } from './peer.js';
import { packageVersion } from './programs/package-version.js';
import { findProgram, startProgram, versionOf } from './programs/system-program.js';
import { AckedMessages } from './run/acked-messages.js';
import type { Place } from './run/place.js';

/** Jobs in a call that fills the queue. */
const FILL_BATCH = 1_000;

type AppendFsync = 'always' | 'everysec';

interface Address {
  port: number;
}

const DURABILITY: Record<AppendFsync, string> = {
  always:
    'AOF, appendfsync always: fsync before the answers to the commands of one event-loop turn',
  everysec: 'AOF, appendfsync everysec: fsync once a second, after the answers',
};

export const bullmq = (appendFsync: AppendFsync): Peer<Address> => ({
  name: `bullmq-${appendFsync}`,
  durability: DURABILITY[appendFsync],
  usage: `${packageVersion('bullmq')}, ${packageVersion('ioredis')}; Queue.add and one Worker whose concurrency is the number of callers; removeOnComplete`,
  ...(appendFsync === 'everysec' && {
    less: 'a crash loses up to about a second of answered calls',
  }),
  batch: { size: 100, calls: 'Queue.addBulk; the Worker still completes each job on its own' },
  work: 'Worker',
  start: (place) => start(place, appendFsync),
  connect,
});

async function start({ folder }: Place, appendFsync: AppendFsync): Promise<PeerServer<Address>> {
  const program = findProgram('redis-server', 'redis-server');
  const port = await freePort();
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    appendonly: 'yes',
    appendfsync: appendFsync,
    // The AOF alone makes it durable; snapshots besides would only cost time.
    save: '',
    'maxmemory-policy': 'noeviction',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { pid, stop } = await startProgram(program, args, port);
  const version = `Redis ${await versionOf(program, ['--version'])}`;
  return { address: { port }, version, pids: [pid], stop };
}

async function connect(load: ClientLoad<Address>): Promise<PeerClient> {
  const connection = { host: '127.0.0.1', port: load.address.port };
  const data = JSON.parse(load.payload) as object;
  const opts = { removeOnComplete: true };
  const jobs = (count: number) =>
    Array.from({ length: count }, () => ({ name: 'job', data, opts }));
  const batch = jobs(load.batchSize);
  const queue = new Queue(load.scenario, { connection });
  await queue.waitUntilReady();
  const acked = new AckedMessages();
  queue.on('error', (error) => acked.fail(error));
  let worker: Promise<Worker> | undefined;
  return {
    publish: () => queue.add('job', data, opts),
    publishBatch: () => queue.addBulk(batch),
    async ack(count) {
      worker ??= startWorker(load, acked);
      await worker;
      await acked.take(count);
    },
    async fill(count) {
      for (let left = count; left > 0; left -= FILL_BATCH) {
        await queue.addBulk(jobs(Math.min(left, FILL_BATCH)));
      }
    },
    async stopWork() {
      await (await worker)?.close();
      return acked.all;
    },
    async waiting() {
      const counts = await queue.getJobCounts();
      return Object.values(counts).reduce((sum, count) => sum + count, 0);
    },
    async close() {
      await (await worker)?.close();
      await queue.close();
    },
  };
}

async function startWorker(
  { address, scenario, concurrency }: ClientLoad<Address>,
  acked: AckedMessages,
): Promise<Worker> {
  const connection = { host: '127.0.0.1', port: address.port };
  const worker = new Worker(scenario, async () => {}, { connection, concurrency });
  // Emitted when Redis has answered that the job is completed.
  worker.on('completed', () => acked.add());
  worker.on('failed', (_, error) => acked.fail(error));
  worker.on('error', (error) => acked.fail(error));
  await worker.waitUntilReady();
  return worker;
}
