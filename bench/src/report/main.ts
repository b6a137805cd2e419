import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { readOrExit } from '../servers/end-of-process.js';
import { partsOfRun, peerSection } from './document.js';
import type { PeersFile } from './peers-file.js';
import { peerPlotsOf } from './plots/all-plots.js';
import { writePlots } from './plots/write-plots.js';
import type { ResultFile } from './result-file.js';
import { fillSections } from './sections.js';

const help = `Usage: npm run bench:report -- --from FILE [--from FILE …] [--peers FILE] [--into FILE]

Fills the marked sections of a document from the JSON of runs, and draws its plots. Sections that no file
has figures for stay as they are.

  --from FILE   JSON of npm run bench (repeatable; a later file wins)
  --peers FILE  JSON of npm run bench:peers, as described in bench/src/report/peers-file.ts
  --into FILE   the document (docs/benchmarks.md); its plots go to a folder beside it with its name
  --help        print this help
`;

interface ReportOptions {
  from: string[];
  peers?: string;
  into: string;
}

function readReportOptions(args: string[]): ReportOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      from: { type: 'string', multiple: true, default: [] },
      peers: { type: 'string' },
      into: { type: 'string', default: 'docs/benchmarks.md' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { from, peers, into } = values;
  if (from.length === 0 && peers === undefined)
    throw new Error('--from or --peers must name a file');
  return { from, into, ...(peers !== undefined && { peers }) };
}

async function fillDocument({ from, peers, into }: ReportOptions): Promise<void> {
  const folder = join(dirname(into), basename(into, '.md'));
  const sections = new Map<string, string>();
  const plots = new Map<string, string>();
  const add = <T>(all: Map<string, T>, more: Map<string, T>): void => {
    for (const [name, value] of more) all.set(name, value);
  };
  for (const file of from) {
    const run = partsOfRun(await readJson<ResultFile>(file), basename(folder));
    add(sections, run.sections);
    add(plots, run.plots);
  }
  if (peers !== undefined) {
    const file = await readJson<PeersFile>(peers);
    sections.set('peers', peerSection(file, basename(folder)));
    add(plots, peerPlotsOf(file));
  }
  await writeFile(into, fillSections(await readFile(into, 'utf8'), sections));
  await writePlots(folder, plots);
  console.error(`${into}: filled ${[...sections.keys()].join(', ')}; plots in ${folder}`);
}

const readJson = async <T>(file: string): Promise<T> =>
  JSON.parse(await readFile(file, 'utf8')) as T;

const options = readOrExit(readReportOptions);
if (options) await fillDocument(options);
else process.stdout.write(help);
