import { environmentText } from './environment.js';
import { operationsOf, type PeersFile, peersTable } from './peers-file.js';
import { peerPlotName } from './plots/all-plots.js';
import { comparisonsIn, latenciesIn, pausesIn, type ResultFile } from './result-file.js';
import { latencyTable, pausesText, ratioTable } from './tables.js';
import { usageTable } from './usage-table.js';

/** The sections that a run fills: only those of what it has measured. */
export function sectionsOf(result: ResultFile): Map<string, string> {
  const comparisons = comparisonsIn(result.rows);
  const isBacklog = ({ name }: { name: string }): boolean => name.startsWith('backlog');
  const rates = comparisons.filter((row) => !isBacklog(row));
  const backlogs = comparisons.filter(isBacklog);
  const used = rates.filter(({ oursUsage }) => oursUsage !== undefined);
  const latencies = latenciesIn(result.rows);
  const [pauses] = pausesIn(result.rows);
  const machine = environmentText(result.environment);
  const sections: [string, string | undefined][] = [
    ['rates', rates.length > 0 ? `${machine}\n\n${ratioTable(rates)}` : undefined],
    ['usage', used.length > 0 ? usageTable(used) : undefined],
    ['latency', latencies.length > 0 ? latencyTable(latencies) : undefined],
    ['pauses', pauses && `${machine}\n\n${pausesText(pauses)}`],
    ['backlog', backlogs.length > 0 ? `${machine}\n\n${ratioTable(backlogs)}` : undefined],
  ];
  return new Map(
    sections.filter((section): section is [string, string] => section[1] !== undefined),
  );
}

export function peerSection({ environment, rows }: PeersFile, plotFolder: string): string {
  const parts = [...operationsOf(rows)].map(([operation, of]) => {
    const plot = `![${operation}](${plotFolder}/${peerPlotName(operation)})`;
    return `### ${operation}\n\n${plot}\n\n${peersTable(of)}`;
  });
  return [environment.text, ...parts].join('\n\n');
}
