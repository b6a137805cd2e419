import { writeFile } from 'node:fs/promises';
import { playInTurn } from './comparison/compare.js';
import { help, type Options, readOptions } from './comparison/options.js';
import type { Bench, Row } from './comparison/scenario.js';
import { markdownReport } from './report/console-report.js';
import { describeMachine } from './report/machine.js';
import { plotsOf } from './report/plots/all-plots.js';
import { writePlots } from './report/plots/write-plots.js';
import type { ResultFile } from './report/result-file.js';
import { readOrExit, runToEnd } from './servers/end-of-process.js';
import { Stores } from './servers/stores.js';

async function run(options: Options, stores: Stores): Promise<void> {
  const { selected, settings, jsonFile, plotsFolder } = options;
  const machine = describeMachine();
  const notes: string[] = [];
  const progress = (line: string) => console.error(line);
  const note = (line: string) => {
    notes.push(line);
    progress(line);
  };
  const bench: Bench = { settings, stores, progress, note };
  const contests = selected.flatMap((of) => ('contests' in of ? of.contests(bench) : []));
  const rows: Row[] = await playInTurn(contests, bench);
  for (const scenario of selected) {
    if ('run' in scenario) rows.push(...(await scenario.run(bench)));
  }
  const environment = { ...settings, ...machine, store: stores.describe() };
  const result: ResultFile = { environment, rows, notes };
  process.stdout.write(`${markdownReport(result)}\n`);
  if (plotsFolder !== undefined) await writePlots(plotsFolder, plotsOf(result));
  if (jsonFile !== undefined) await writeFile(jsonFile, `${JSON.stringify(result, null, 2)}\n`);
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
