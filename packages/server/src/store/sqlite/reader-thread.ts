import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Query, QueryKind, ReadResult } from '../../core/store.js';
import { openSecondary } from './database.js';
import { answerQuery } from './queries.js';
import { Statements } from './statements.js';
import { serveThread } from './thread-channel.js';

/** The thread that answers queries, so that lists and counts never wait for a group. */
export interface ReaderRequest {
  readonly query: Query;
  readonly nowMs: number;
}

const { path } = workerData as { path: string };
const statements = new Statements(openSecondary(path, true));

serveThread<ReaderRequest, ReadResult[QueryKind]>(parentPort as MessagePort, (requests) =>
  requests.map(({ query, nowMs }) => answerQuery(statements, query, nowMs)),
);
