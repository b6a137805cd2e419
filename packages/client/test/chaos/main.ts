import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../../../server/test/harness/postgres.js';
import { type ChaosReport, runChaos } from './chaos-run.js';

const HELP = `Has messages handled by worker processes that are killed at random, while the server is
restarted and a proxy cuts answers; then checks that nothing was lost.

  npm run test:chaos -- [options]

  --messages N   (default: 100000)
  --workers N    worker processes (default: 4)
  --kill-every N a worker is killed after so many messages, on average (default: 7500, which is a kill
                 every six to eight seconds)
  --restarts N   of the server, by SIGKILL (default: 2)
  --store STORE  sqlite or postgres (default: sqlite)

  A killed worker has handled messages that the server does not know of yet: those are the duplicates. They
  must stay below 1 % of the messages. In a run of fewer than 50,000, where a single kill weighs more, they
  must only be as few as the workers can have had in hand.

  Exit code: 0 all was kept, 1 something was not.
`;

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '100000' },
    workers: { type: 'string', default: '4' },
    'kill-every': { type: 'string', default: '7500' },
    restarts: { type: 'string', default: '2' },
    store: { type: 'string', default: 'sqlite' },
    help: { type: 'boolean', default: false },
  },
});

const DUPLICATES_MAX_SHARE = 0.01;
/** From here on the share is judged. */
const MESSAGES_OF_A_LONG_RUN = 50_000;
/** What a worker lets stand unconfirmed at most: eight times the concurrency of the worker program. */
const UNCONFIRMED_MAX = 8 * 16;

async function main(): Promise<boolean> {
  const messages = Number(values.messages);
  const { url, remove } = await newStore(values.store);
  const report = await runChaos({
    storeUrl: url,
    messages,
    workers: Number(values.workers),
    restarts: Number(values.restarts),
    killEvery: Number(values['kill-every']),
    cutEvery: 100,
    progress: (text) => process.stdout.write(`${text}\n`),
  });
  await remove();
  process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  return (
    report.handled === messages &&
    report.published === messages &&
    report.deadLetters === 0 &&
    report.overlaps.length === 0 &&
    report.duplicates <= duplicatesMax(report, messages, Number(values.workers))
  );
}

function duplicatesMax(
  { kills, restarts }: ChaosReport,
  messages: number,
  workers: number,
): number {
  if (messages >= MESSAGES_OF_A_LONG_RUN) return DUPLICATES_MAX_SHARE * messages;
  // After a restart the leases of all workers may have ended.
  return UNCONFIRMED_MAX * (kills + workers * restarts);
}

async function newStore(name: string): Promise<{ url: string; remove(): Promise<void> }> {
  if (name === 'postgres') {
    const { url, stop } = await startPostgres();
    return { url, remove: stop };
  }
  const folder = await mkdtemp(join(tmpdir(), 'millrace-chaos-'));
  return {
    url: `sqlite:${join(folder, 'millrace.db')}`,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

if (values.help) process.stdout.write(HELP);
// Node.js 20 once went on for ever when it closed the handles of the workers by itself.
else process.exit((await main()) ? 0 : 1);
