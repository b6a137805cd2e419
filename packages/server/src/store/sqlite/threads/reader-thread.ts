import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Query, QueryKind, ReadResult } from '../../../core/store/store.js';
import { openSecondary } from '../driver/database.js';
import { Statements } from '../driver/statements.js';
import { answerQuery } from '../reads/queries.js';
import { serveThread } from './thread-channel.js';

/** The thread that answers queries, so that lists and counts never wait for a commit group. */
export interface ReaderRequest {
  readonly query: Query;
  readonly nowMs: number;
}

const { path } = workerData as { path: string };
const statements = new Statements(openSecondary(path, true));

/** An early answer should not wait for all later ones, but each message between threads has a cost. */
const ANSWERS_AT_ONCE = 64;

serveThread<ReaderRequest, ReadResult[QueryKind]>(
  parentPort as MessagePort,
  ([first]) => {
    const { query, nowMs } = first as ReaderRequest;
    return [answerQuery(statements, query, nowMs)];
  },
  { answersAtOnce: ANSWERS_AT_ONCE, bytesOf: bytesOfAnswer },
);

/** The payload bytes of an answer with messages; other answers are small. */
function bytesOfAnswer(answer: ReadResult[QueryKind]): number {
  if (answer === null || typeof answer !== 'object') return 0;
  if ('items' in answer) return answer.items.reduce((sum, item) => sum + item.payload.length, 0);
  return 'message' in answer ? (answer.message?.payload.length ?? 0) : 0;
}
