import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { compareInTurn } from './comparison/compare.js';
import { help, type Options, readOptions } from './comparison/options.js';
import { describeEnvironment, markdownReport } from './comparison/report.js';
import type { Bench, Comparison } from './comparison/scenario.js';
import { readOrExit, runToEnd } from './servers/end-of-process.js';
import { Stores } from './servers/stores.js';

async function run({ selected, settings, jsonFile }: Options, stores: Stores): Promise<void> {
  const loadBefore = loadavg()[0] ?? 0;
  const notes: string[] = [];
  const progress = (line: string) => console.error(line);
  const note = (line: string) => {
    notes.push(line);
    progress(line);
  };
  const bench: Bench = { settings, stores, progress, note };
  const contests = selected.flatMap((of) => ('contests' in of ? of.contests(bench) : []));
  const rows: Comparison[] = await compareInTurn(contests, bench);
  for (const scenario of selected) {
    if ('run' in scenario) rows.push(...(await scenario.run(bench)));
  }
  const environment = describeEnvironment(settings, stores, loadBefore);
  process.stdout.write(`${markdownReport(environment, rows, notes)}\n`);
  if (jsonFile !== undefined) {
    await writeFile(jsonFile, `${JSON.stringify({ environment, rows, notes }, null, 2)}\n`);
  }
}

const options = readOrExit(readOptions);
if (options) {
  const stores = new Stores(options.stores);
  await runToEnd(
    () => run(options, stores),
    () => stores.stop(),
  );
} else {
  process.stdout.write(help);
}
