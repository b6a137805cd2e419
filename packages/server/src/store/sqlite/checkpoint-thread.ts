import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { openSecondary } from './database.js';
import { serveThread } from './thread-channel.js';

/** The thread that copies the WAL into the database while the writer goes on. */
const { path } = workerData as { path: string };
const db = openSecondary(path, false);

serveThread<'checkpoint', true>(
  parentPort as MessagePort,
  (requests) => {
    db.pragma('wal_checkpoint(PASSIVE)');
    return requests.map(() => true);
  },
  { answersAtOnce: 1 },
);
