import { writeFile } from 'node:fs/promises';
import { type Comparison, compare } from './compare.js';
import { help, type Options, readOptions } from './options.js';
import { describeEnvironment, markdownReport } from './report.js';

async function run({ selected, settings, jsonFile }: Options): Promise<void> {
  const environment = describeEnvironment(settings);
  const comparisons: Comparison[] = [];
  for (const scenario of selected) {
    comparisons.push(await compare(scenario, settings, (line) => console.error(line)));
  }
  process.stdout.write(`${markdownReport(environment, comparisons)}\n`);
  if (jsonFile !== undefined) {
    await writeFile(jsonFile, `${JSON.stringify({ environment, comparisons }, null, 2)}\n`);
  }
}

function optionsOrExit(): Options | undefined {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return process.exit(2);
  }
}

// Without a handler a signal would skip the exit hooks that end the children.
process.once('SIGTERM', () => process.exit(143));
process.once('SIGINT', () => process.exit(130));

const options = optionsOrExit();
if (options) await run(options);
else process.stdout.write(help);
