import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../harness/postgres.js';
import { type CommandLine, HELP, parseCommandLine } from './command-line.js';
import { evidenceOf } from './evidence.js';
import { runKillRounds } from './kill-rounds.js';
import { checkLedger } from './ledger-checker.js';
import { plantFault } from './planted-faults.js';
import type { Violation } from './violation.js';

const SHOWN_VIOLATIONS = 20;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Returns the exit code. */
async function run(options: CommandLine): Promise<number> {
  const { seed, rounds, nodes, ledgerPath, plant } = options;
  print(`seed ${seed}`);
  const store = await openStore(options);
  try {
    const report = await runKillRounds({
      seed,
      rounds,
      nodes,
      storeUrl: store.url,
      longestVisibilityMs: 3_000,
      longestSpanMs: 2_000,
      minPublishes: 0,
      onProgress: print,
      ...(ledgerPath === undefined ? {} : { ledgerPath }),
    });
    const { events, violations, ...counts } = report;
    print(JSON.stringify({ ...counts, violations: violations.length }));
    const found = plant === undefined ? violations : checkLedger(plantFault(plant, events));
    process.stdout.write(evidenceOf(events, violations));
    printViolations(found, seed);
    return found.length === 0 ? 0 : 1;
  } finally {
    await store.remove();
  }
}

interface OpenStore {
  readonly url: string;
  /** Removes what was made for this run only. */
  remove(): Promise<void>;
}

async function openStore({ store, keep }: CommandLine): Promise<OpenStore> {
  if (store === 'postgres') {
    const { url, stop } = await startPostgres();
    return { url, remove: stop };
  }
  if (store !== 'sqlite') return { url: store, remove: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), 'millrace-faults-'));
  return {
    url: `sqlite:${join(folder, 'millrace.db')}`,
    async remove() {
      if (keep) print(`data kept in ${folder}`);
      else await rm(folder, { recursive: true, force: true });
    },
  };
}

function printViolations(violations: readonly Violation[], seed: number): void {
  for (const { invariant, detail, messageId, callIds } of violations.slice(0, SHOWN_VIOLATIONS)) {
    const where = messageId === undefined ? '' : ` [${messageId}]`;
    print(`VIOLATION ${invariant}${where}: ${detail} (calls ${callIds.join(', ')})`);
  }
  if (violations.length === 0) print('no violations');
  else print(`${violations.length} violations, seed ${seed}`);
}

try {
  const options = parseCommandLine(process.argv.slice(2));
  if (options.help) print(HELP);
  else process.exitCode = await run(options);
} catch (error) {
  const usage = error instanceof TypeError;
  process.stderr.write(usage ? `${error.message}\n\n${HELP}` : `${(error as Error).stack}\n`);
  process.exitCode = 2;
}
