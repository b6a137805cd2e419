import { createRequire } from 'node:module';
import type { JackdClient } from 'jackd';
import { freePort } from '../../../packages/server/test/harness/free-port.js';
import type { ClientLoad, Peer, PeerClient, PeerServer } from './peer.js';
import { packageVersion } from './programs/package-version.js';
import { findProgram, startProgram, versionOf } from './programs/system-program.js';
import type { Place } from './run/place.js';

/** The package exports the class itself, although its types name it. */
const Jackd = createRequire(import.meta.url)('jackd') as typeof JackdClient;

interface Address {
  port: number;
}

export const beanstalkd: Peer<Address> = {
  name: 'beanstalkd',
  durability: 'binlog with -f0: an fsync for each command that writes, before the answer',
  usage: `${packageVersion('jackd')}, a connection for each caller; put, reserve, delete`,
  start,
  connect,
};

async function start({ folder }: Place): Promise<PeerServer<Address>> {
  const program = findProgram('beanstalkd', 'beanstalkd');
  const port = await freePort();
  const args = ['-l', '127.0.0.1', '-p', String(port), '-b', folder, '-f0'];
  const { pid, stop } = await startProgram(program, args, port);
  const version = `beanstalkd ${await versionOf(program, ['-v'])}`;
  return { address: { port }, version, pids: [pid], stop };
}

async function connect(load: ClientLoad<Address>): Promise<PeerClient> {
  const { scenario: tube, payload } = load;
  const clients = await Promise.all(
    Array.from({ length: load.concurrency }, () => openTube(load.address.port, tube)),
  );
  const clientOf = (caller: number) => clients[caller] as JackdClient;
  return {
    publish: (caller) => clientOf(caller).put(payload),
    async ack(_, caller) {
      const { id } = await clientOf(caller).reserve();
      await clientOf(caller).delete(id);
    },
    waiting: async () => jobsIn(await clientOf(0).statsTube(tube)),
    async close() {
      await Promise.all(clients.map((client) => client.disconnect()));
    },
  };
}

async function openTube(port: number, tube: string): Promise<JackdClient> {
  const client = new Jackd();
  await client.connect({ host: '127.0.0.1', port });
  await client.use(tube);
  await client.watch(tube);
  await client.ignore('default');
  return client;
}

/** Adds up the jobs of all states in the answer to `stats-tube`. */
export function jobsIn(stats: string): number {
  const states = /^current-jobs-(?:ready|reserved|delayed|buried): (\d+)$/gm;
  return [...stats.matchAll(states)].reduce((sum, [, count]) => sum + Number(count), 0);
}
