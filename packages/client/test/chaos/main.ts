import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../../../server/test/harness/postgres.js';
import { runChaos } from './chaos-run.js';

const HELP = `Has messages handled by worker processes that are killed at random, while the server is
restarted and a proxy cuts answers; then checks that nothing was lost.

  npm run test:chaos -- [options]

  --messages N   (default: 100000)
  --workers N    worker processes (default: 4)
  --kill-every N a worker is killed after so many messages, on average (default: 2500, which is a kill
                 every two or three seconds)
  --restarts N   of the server, by SIGKILL (default: 2)
  --store STORE  sqlite or postgres (default: sqlite)

  Exit code: 0 all was kept, 1 something was not.
`;

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '100000' },
    workers: { type: 'string', default: '4' },
    'kill-every': { type: 'string', default: '2500' },
    restarts: { type: 'string', default: '2' },
    store: { type: 'string', default: 'sqlite' },
    help: { type: 'boolean', default: false },
  },
});

/** Shares of duplicates above this mean that acks are lost, not only handlers that were killed. */
const DUPLICATES_MAX = 0.01;

async function main(): Promise<boolean> {
  const messages = Number(values.messages);
  const { url, remove } = await newStore(values.store);
  const report = await runChaos({
    storeUrl: url,
    messages,
    workers: Number(values.workers),
    restarts: Number(values.restarts),
    killEvery: Number(values['kill-every']),
    cutShare: 0.01,
    progress: (text) => process.stdout.write(`${text}\n`),
  });
  await remove();
  process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  return (
    report.handled === messages &&
    report.published === messages &&
    report.deadLetters === 0 &&
    report.overlaps.length === 0 &&
    report.duplicates <= DUPLICATES_MAX * messages
  );
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
