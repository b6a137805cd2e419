import { environmentText } from './environment.js';
import { operationsOf, type PeersFile, peersTable } from './peers-file.js';
import { peerPlotName, plotsOf } from './plots/all-plots.js';
import { comparisonsIn, latenciesIn, pausesIn, type ResultFile } from './result-file.js';
import { latencyTable, pausesText, ratioTable } from './tables.js';
import { usageTable } from './usage-table.js';

/** The texts of the sections that a run has figures for, and the plots in them, by name of the file. */
export interface DocumentParts {
  sections: Map<string, string>;
  plots: Map<string, string>;
}

/** @param folder where the plots are, as seen from the document */
export function partsOfRun(result: ResultFile, folder: string): DocumentParts {
  const comparisons = comparisonsIn(result.rows);
  const isBacklog = ({ name }: { name: string }): boolean => name.startsWith('backlog');
  const rates = comparisons.filter((row) => !isBacklog(row));
  const used = rates.filter(({ oursUsage }) => oursUsage !== undefined);
  const backlogs = comparisons.filter(isBacklog);
  const latencies = latenciesIn(result.rows);
  const machine = environmentText(result.environment);
  const plots = plotsOf(result);
  const plot = (file: string, alt: string): string[] =>
    plots.has(file) ? [`![${alt}](${folder}/${file})`] : [];

  const sections = new Map<string, string>();
  const fill = (name: string, measured: readonly unknown[], parts: () => string[]): void => {
    if (measured.length > 0) sections.set(name, parts().join('\n\n'));
  };
  fill('rates', rates, () => [
    machine,
    ratioTable(rates),
    ...plot('throughput.svg', 'Publishes a second by connections'),
  ]);
  fill('usage', used, () => [
    usageTable(used),
    ...plot('written-bytes.svg', 'Bytes written for each message'),
  ]);
  fill('latency', latencies, () => [
    latencyTable(latencies),
    ...plot('latency.svg', 'Latency by percentile'),
  ]);
  const pauses = pausesIn(result.rows);
  fill('pauses', pauses, () => [
    machine,
    ...pauses.map(pausesText),
    ...plot('pauses.svg', 'The longest wait in each second, and the pauses'),
  ]);
  fill('backlog', backlogs, () => [machine, ratioTable(backlogs)]);
  return { sections, plots };
}

export function peerSection({ environment, rows }: PeersFile, folder: string): string {
  const parts = [...operationsOf(rows)].map(([operation, of]) => {
    const plot = `![${operation}](${folder}/${peerPlotName(operation)})`;
    return `### ${operation}\n\n${plot}\n\n${peersTable(of)}`;
  });
  return [environment.text, ...parts].join('\n\n');
}
