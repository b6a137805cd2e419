import { availableParallelism, cpus } from 'node:os';
import type { Stores } from '../servers/stores.js';
import { showValue } from './compare.js';
import type { BenchSettings, Comparison } from './scenario.js';

export interface Environment extends BenchSettings {
  node: string;
  cores: number;
  cpu: string;
  /** The load average of the minute before the bench: above about 0.5, other work shares the cores. */
  loadBefore: number;
  store: string;
}

export function describeEnvironment(
  settings: BenchSettings,
  stores: Stores,
  loadBefore: number,
): Environment {
  return {
    ...settings,
    node: process.version,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    loadBefore,
    store: stores.describe(),
  };
}

const HEAD = [
  '| scenario | millrace | reference | ratio (range of rounds) | target | millrace p50/p99 ms |',
  '| --- | ---: | ---: | ---: | ---: | ---: |',
];

export function markdownReport(
  environment: Environment,
  comparisons: Comparison[],
  notes: string[],
): string {
  const { node, cores, cpu, loadBefore, store, rounds, seconds, connections } = environment;
  return [
    `Node ${node}, ${cores} cores (${cpu}), store: ${store}.`,
    `Load average before: ${loadBefore.toFixed(2)}.`,
    `Medians of ${rounds} rounds of ${seconds} s, ${connections} connections;`,
    'servers and load generator share the cores.',
    ...(comparisons.length > 0 ? ['', ...HEAD, ...comparisons.map(row)] : []),
    ...(notes.length > 0 ? ['', ...notes.map((note) => `- ${note}`)] : []),
  ].join('\n');
}

function row(result: Comparison): string {
  const cells = [
    // A cost names what it compares; a rate has its unit with its values.
    result.kind === 'cost' ? `${result.name} (${result.unit})` : result.name,
    showValue(result, result.ours),
    showValue(result, result.reference),
    `${result.ratio.toFixed(2)} (${result.ratioRange.map((ratio) => ratio.toFixed(2)).join('–')})`,
    result.target === undefined ? '' : `${result.kind === 'rate' ? '>=' : '<='} ${result.target}`,
    // If only arrivals are counted, there is no latency.
    Number.isNaN(result.oursP50Ms)
      ? ''
      : `${result.oursP50Ms.toFixed(2)} / ${result.oursP99Ms.toFixed(2)}`,
  ];
  return `| ${cells.join(' | ')} |`;
}
