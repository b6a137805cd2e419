import pg from 'pg';
import { retryCall } from '../calls/retry-call.js';
import { pause } from '../load/pause.js';
import { burn } from './burnt-messages.js';
import type { FaultKind, FaultRun } from './fault-kind.js';
import { publishTo } from './witnesses.js';

const BURNT_AT_FIRST = 22_000;
const BURNT_PER_ROUND = 12_000;
const HEADS = 30;
/** Longer than a message counts as new. */
const LOCKED_MS = 1_300;
const LOOK_EVERY_MS = 150;
const FOUND_WITHIN_MS = 30_000;

export const oldSnapshot: FaultKind = {
  name: 'old-snapshot',
  about:
    'a reader keeps its snapshot while many messages are deleted; heads are locked, then released',
  stores: ['postgres'],
  nodes: 2,
  // Heads are locked for less time. Whatever the reader's snapshot keeps, no message is hidden for long.
  check: { overlookedMs: 2_500 },
  async open({ storeUrl }) {
    const reader = await connect(storeUrl);
    const locker = await connect(storeUrl);
    return {
      async before(run) {
        await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
        await reader.query('SELECT count(*) FROM millrace.messages');
        await burn(run, quietQueue(run), BURNT_AT_FIRST);
      },
      async round(run, round) {
        await pause(run.random.integer(300, 1_000));
        if (round > 1) await burn(run, quietQueue(run), BURNT_PER_ROUND);
        const [atOnce, lateMs] = await lockHeads(run, locker);
        return `of ${HEADS} locked heads, ${atOnce} were found at once, the last after ${lateMs} ms`;
      },
      async close() {
        await Promise.all([reader.end(), locker.end()]);
      },
    };
  },
};

/** The queue that only the rounds use, so that they know which messages must be found there. */
const quietQueue = ({ plan }: FaultRun): string => plan.resting;

/** Locks the heads while consumes look past them, then rolls back: now they must be found. */
async function lockHeads(run: FaultRun, locker: pg.Client): Promise<[number, number]> {
  const { api, random } = run;
  const queue = quietQueue(run);
  const held = new Map<string, string>();
  const look = async (): Promise<void> => {
    for (let node = 0; node < api.nodeCount; node += 1) {
      const outcome = await api.call(node, 'consume', { queue, maxMessages: 2 * HEADS });
      if (outcome.kind !== 'answered') continue;
      for (const { messageId, receipt } of outcome.answer.messages) held.set(messageId, receipt);
    }
  };
  await publishTo(run, queue, HEADS);
  await locker.query('BEGIN');
  await locker.query(
    `SELECT 1 FROM millrace.messages WHERE state = 0 AND bucket_id =
       (SELECT bucket_id FROM millrace.queues WHERE name = $1) FOR UPDATE`,
    [queue],
  );
  let freeAtMs = Number.POSITIVE_INFINITY;
  // The lock is held for this time even if a look takes longer.
  const release = pause(LOCKED_MS).then(async () => {
    await locker.query('ROLLBACK');
    freeAtMs = performance.now();
  });
  while (freeAtMs === Number.POSITIVE_INFINITY) {
    await look();
    await pause(LOOK_EVERY_MS);
  }
  await release;
  await look();
  const atOnce = held.size;
  while (held.size < HEADS && performance.now() < freeAtMs + FOUND_WITHIN_MS) {
    await pause(50);
    await look();
  }
  const lateMs = Math.round(performance.now() - freeAtMs);
  for (const [messageId, receipt] of held) {
    await retryCall(api, 'ack', { queue, messageId, receipt }, random);
  }
  return [atOnce, lateMs];
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
