import { writeFile } from 'node:fs/promises';
import { describeMachine } from '../report/machine.js';
import { readOrExit, runToEnd } from '../servers/end-of-process.js';
import { help, type PeersOptions, readOptions } from './options.js';
import { describeDisk } from './report/disk.js';
import { environmentText, markdownReport } from './report/markdown.js';
import { rowsOf } from './report/rows.js';
import { Places } from './run/place.js';
import { runRounds } from './run/rounds.js';

async function run(
  { selected, scenarios, settings, jsonFile }: PeersOptions,
  places: Places,
): Promise<void> {
  const environment = { ...describeMachine(), ...describeDisk(places.root), ...settings };
  const progress = (line: string) => console.error(line);
  const outcomes = await runRounds({ selected, scenarios, settings, places, progress });
  process.stdout.write(`${markdownReport(environment, outcomes)}\n`);
  if (jsonFile !== undefined) {
    const text = environmentText(environment);
    const file = { environment: { ...environment, text }, rows: rowsOf(outcomes), outcomes };
    await writeFile(jsonFile, `${JSON.stringify(file, null, 2)}\n`);
  }
  const failed = outcomes.some(({ scenarios }) =>
    Object.values(scenarios).some(({ error }) => error !== undefined),
  );
  if (failed) process.exitCode = 1;
}

const options = readOrExit(readOptions);
if (options) {
  const places = await Places.create(options.dataDir);
  await runToEnd(
    () => run(options, places),
    () => places.remove(),
  );
} else {
  process.stdout.write(help);
}
