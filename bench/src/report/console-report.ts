import { environmentText } from './environment.js';
import { comparisonsIn, latenciesIn, pausesIn, type ResultFile } from './result-file.js';
import { latencyTable, pausesText, ratioTable } from './tables.js';
import { usageTable } from './usage-table.js';

export function markdownReport({ environment, rows, notes }: ResultFile): string {
  const comparisons = comparisonsIn(rows);
  const used = comparisons.filter(({ oursUsage }) => oursUsage !== undefined);
  const latencies = latenciesIn(rows);
  return [
    environmentText(environment),
    ...(comparisons.length > 0 ? [ratioTable(comparisons)] : []),
    ...(used.length > 0 ? [usageTable(used)] : []),
    ...(latencies.length > 0 ? [latencyTable(latencies)] : []),
    ...pausesIn(rows).map(pausesText),
    ...(notes.length > 0 ? [notes.map((note) => `- ${note}`).join('\n')] : []),
  ].join('\n\n');
}
