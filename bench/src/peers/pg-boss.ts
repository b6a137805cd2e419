import PgBoss from 'pg-boss';
import type { ClientLoad, Peer, PeerClient } from './peer.js';
import { packageVersion } from './programs/package-version.js';
import { startDatabase } from './programs/postgres-database.js';
import { ackAsMany } from './run/ack-as-many.js';

interface Address {
  url: string;
}

export const pgBoss: Peer<Address> = {
  name: 'pg-boss',
  durability: 'a commit with fsync for each call',
  usage: `${packageVersion('pg-boss')} with its default ten connections; send, fetch of 1 and complete, because work() polls`,
  batch: { size: 100, calls: 'insert, fetch and complete' },
  start: startDatabase,
  connect,
};

async function connect(load: ClientLoad<Address>): Promise<PeerClient> {
  const { scenario: queue, batchSize } = load;
  const boss = new PgBoss(load.address.url);
  boss.on('error', (error) => console.error('pg-boss:', error));
  await boss.start();
  await boss.createQueue(queue);
  const data = JSON.parse(load.payload) as object;
  const batch = Array.from({ length: batchSize }, () => ({ name: queue, data }));

  const publish = async () => {
    const id = await boss.send(queue, data);
    if (id === null) throw new Error('pg-boss did not accept the job');
  };
  const receive = async (atMost: number) => {
    const jobs = await boss.fetch(queue, { batchSize: atMost });
    const ids = jobs.map(({ id }) => id);
    if (ids.length > 0) await boss.complete(queue, ids);
    return ids.length;
  };
  return {
    publish,
    publishBatch: () => boss.insert(batch),
    ack: (count) => ackAsMany(count, receive),
    waiting: () => boss.getQueueSize(queue, { before: 'completed' }),
    close: () => boss.stop({ graceful: false }),
  };
}
