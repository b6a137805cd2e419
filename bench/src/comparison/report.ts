import { availableParallelism, cpus } from 'node:os';
import type { Stores } from '../servers/stores.js';
import type { Usage } from '../usage/usage.js';
import { showValue } from './compare.js';
import { markdownTable } from './markdown-table.js';
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

export function markdownReport(
  environment: Environment,
  comparisons: readonly Comparison[],
  notes: readonly string[],
): string {
  const used = comparisons.filter(({ oursUsage }) => oursUsage !== undefined);
  return [
    environmentText(environment),
    ...(comparisons.length > 0 ? ['', ratioTable(comparisons)] : []),
    ...(used.length > 0 ? ['', usageTable(used)] : []),
    ...(notes.length > 0 ? ['', ...notes.map((note) => `- ${note}`)] : []),
  ].join('\n');
}

function environmentText(of: Environment): string {
  return [
    `Node ${of.node}, ${of.cores} cores (${of.cpu}), store: ${of.store}.`,
    `Load average before: ${of.loadBefore.toFixed(2)}.`,
    `Medians of ${of.rounds} rounds of ${of.seconds} s, ${of.connections} connections and`,
    `${of.payloadBytes} bytes in a payload where the scenario names no other;`,
    'servers and load generator share the cores.',
  ].join('\n');
}

export const ratioTable = (comparisons: readonly Comparison[]): string =>
  markdownTable(
    ['scenario', 'millrace', 'reference', 'ratio (range of rounds)', 'target', 'p50/p99 ms'],
    comparisons.map((result) => [
      // A cost names what it compares; a rate has its unit with its values.
      result.kind === 'cost' ? `${result.name} (${result.unit})` : result.name,
      showValue(result, result.ours),
      showValue(result, result.reference),
      `${result.ratio.toFixed(2)} (${result.ratioRange.map((ratio) => ratio.toFixed(2)).join('–')})`,
      targetOf(result),
      // If only arrivals are counted, there is no latency.
      Number.isNaN(result.oursP50Ms)
        ? ''
        : `${result.oursP50Ms.toFixed(2)} / ${result.oursP99Ms.toFixed(2)}`,
    ]),
  );

function targetOf({ kind, target, aim }: Comparison): string {
  if (target === undefined) return '';
  return `${kind === 'rate' ? '>=' : '<='} ${target}${aim === undefined ? '' : `, aim ${aim}`}`;
}

/** CPU in microseconds. Those of the reference are of the bare route's only busy thread. */
export const usageTable = (comparisons: readonly Comparison[]): string =>
  markdownTable(
    [
      'scenario',
      'main thread, µs/request',
      'reference',
      'ratio',
      'writer thread, µs/request',
      'CPU, s per million messages',
      'database CPU, s per million',
      'written, bytes/message',
      'WAL, bytes/message',
      'statements/message',
    ],
    comparisons.map(({ name, oursUsage, referenceUsage }) => {
      const { perRequest = {}, perMessage = {} } = oursUsage ?? {};
      const reference = referenceUsage?.perRequest.mainMicros;
      return [
        name,
        shown(perRequest, 'mainMicros', 1),
        reference?.toFixed(1) ?? '',
        reference === undefined ? '' : ((perRequest.mainMicros ?? NaN) / reference).toFixed(2),
        shown(perRequest, 'writerMicros', 1),
        shown(perMessage, 'processMicros', 1),
        shown(perMessage, 'databaseMicros', 1),
        shown(perMessage, 'writtenBytes', 0),
        shown(perMessage, 'walBytes', 0),
        shown(perMessage, 'statements', 2),
      ];
    }),
  );

const shown = (usage: Usage, counter: keyof Usage, digits: number): string =>
  usage[counter]?.toFixed(digits) ?? '';
