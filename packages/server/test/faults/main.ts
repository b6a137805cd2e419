import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../harness/postgres.js';
import { type CommandLine, type FaultsRun, HELP, parseCommandLine } from './command-line.js';
import { runFaultRounds } from './fault-rounds.js';
import type { StoreKind } from './kinds/fault-kind.js';
import { evidenceOf } from './ledger/evidence.js';
import { checkLedger } from './ledger/ledger-checker.js';
import { verdictOf } from './ledger/verdict.js';
import type { Violation } from './ledger/violation.js';
import { plantFault } from './planted/planted-faults.js';

const SHOWN_VIOLATIONS = 20;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Runs the given kinds of faults. @returns the exit code */
async function run(options: CommandLine): Promise<number> {
  let failed = 0;
  for (const faults of options.runs) {
    if (!(await runFaults(options, faults))) failed += 1;
  }
  if (options.runs.length > 1) print(`${options.runs.length} runs, ${failed} with violations`);
  return failed === 0 ? 0 : 1;
}

/** Runs one kind of fault. @returns whether all promises were kept */
async function runFaults(options: CommandLine, { kind, ...where }: FaultsRun): Promise<boolean> {
  const { seed, rounds, ledgerPath, plant } = options;
  const { nodes } = where;
  const store = await openStore(where.store, options.keep);
  print(`${kind.name} on ${store.kind}, seed ${seed}`);
  try {
    const report = await runFaultRounds({
      kind,
      store: store.kind,
      seed,
      rounds,
      nodes,
      storeUrl: store.url,
      // A single round is a short run.
      longestVisibilityMs: rounds > 1 ? 3_000 : 2_000,
      longestSpanMs: 2_000,
      minPublishes: 0,
      onProgress: print,
      ...(ledgerPath === undefined ? {} : { ledgerPath }),
    });
    const { events, violations, ...counts } = report;
    const found =
      plant === undefined ? violations : checkLedger(plantFault(plant, events), kind.check);
    print(JSON.stringify({ ...counts, ...verdictOf(found) }));
    process.stdout.write(evidenceOf(events, found.slice(0, SHOWN_VIOLATIONS)));
    printViolations(found, seed);
    return found.length === 0;
  } finally {
    await store.remove();
  }
}

interface OpenStore {
  readonly kind: StoreKind;
  readonly url: string;
  /** Removes everything made for this run only. */
  remove(): Promise<void>;
}

async function openStore(store: string, keep: boolean): Promise<OpenStore> {
  if (store === 'postgres') {
    const { url, stop } = await startPostgres();
    return { kind: 'postgres', url, remove: stop };
  }
  if (store !== 'sqlite') return { kind: 'postgres', url: store, remove: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), 'millrace-faults-'));
  return {
    kind: 'sqlite',
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
