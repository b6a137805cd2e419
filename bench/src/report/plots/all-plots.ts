import { operationsOf, type PeersFile } from '../peers-file.js';
import { comparisonsIn, latenciesIn, pausesIn, type ResultFile } from '../result-file.js';
import { latencyPlot } from './latency.js';
import { pausesPlot } from './pauses.js';
import { peersPlot } from './peers.js';
import { throughputPlot } from './throughput.js';
import { writtenBytesPlot } from './written-bytes.js';

/** The names of files and their contents; only of what was measured. */
export function plotsOf({ rows, environment }: ResultFile): Map<string, string> {
  const comparisons = comparisonsIn(rows);
  const [pauses] = pausesIn(rows);
  const plots: [string, string | undefined][] = [
    ['throughput.svg', throughputPlot(comparisons, environment)],
    ['latency.svg', latencyPlot(latenciesIn(rows))],
    ['pauses.svg', pauses && pausesPlot(pauses)],
    ['written-bytes.svg', writtenBytesPlot(comparisons)],
  ];
  return new Map(plots.filter((plot): plot is [string, string] => plot[1] !== undefined));
}

export function peerPlotsOf({ rows }: PeersFile): Map<string, string> {
  const plots = [...operationsOf(rows)].map(
    ([operation, of]) => [peerPlotName(operation), peersPlot(operation, of)] as const,
  );
  return new Map(plots);
}

export const peerPlotName = (operation: string): string =>
  `peers-${operation
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '')}.svg`;
