import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { openSecondary } from '../driver/database.js';
import { serveThread } from './thread-channel.js';

/** The pages of a WAL when a checkpoint ended. */
export interface WalPages {
  /** All pages in it. */
  readonly log: number;
  /** The pages that have been copied into the database. */
  readonly checkpointed: number;
}

/** The thread that copies the WAL into the database while the writer continues. */
const { path } = workerData as { path: string };
const db = openSecondary(path, false);

serveThread<'checkpoint', WalPages>(
  parentPort as MessagePort,
  (requests) => {
    const [result] = db.pragma('wal_checkpoint(PASSIVE)') as WalPages[];
    return requests.map(() => result as WalPages);
  },
  { answersAtOnce: 1 },
);
