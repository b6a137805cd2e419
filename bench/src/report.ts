import { statfsSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import type { CompareSettings, Comparison } from './compare.js';

const TMPFS_MAGIC = 0x01021994;

export interface Environment {
  node: string;
  cores: number;
  cpu: string;
  /** Of the minute before the bench: above 0.5 or so, other work shares the cores. */
  loadBefore: number;
  store: string;
  rounds: number;
  seconds: number;
  connections: number;
}

export function describeEnvironment(settings: CompareSettings): Environment {
  return {
    node: process.version,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    loadBefore: loadavg()[0] ?? 0,
    store: describeStore(settings),
    rounds: settings.rounds,
    seconds: settings.seconds,
    connections: settings.connections,
  };
}

export function markdownReport(environment: Environment, comparisons: Comparison[]): string {
  const { node, cores, cpu, loadBefore, store, rounds, seconds, connections } = environment;
  return [
    `Node ${node}, ${cores} cores (${cpu}), store: ${store}.`,
    `Load average before: ${loadBefore.toFixed(2)}.`,
    `Medians of ${rounds} rounds of ${seconds} s, ${connections} connections;`,
    'servers and load generator share the cores.',
    '',
    '| scenario | ours req/s | reference req/s | ratio (range of rounds) | ours p50/p99 ms |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...comparisons.map(row),
  ].join('\n');
}

function row(result: Comparison): string {
  const cells = [
    result.scenario,
    Math.round(result.oursPerSecond),
    Math.round(result.referencePerSecond),
    `${result.ratio.toFixed(2)} (${result.ratioRange.map((ratio) => ratio.toFixed(2)).join('–')})`,
    `${result.oursP50Ms.toFixed(2)} / ${result.oursP99Ms.toFixed(2)}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Names only the kind of a store that was passed in: its URL may hold a password. */
function describeStore(settings: CompareSettings): string {
  if (settings.storeUrl !== undefined) return settings.storeUrl.split(':')[0] ?? '';
  const inMemory = statfsSync(settings.dataDir ?? tmpdir()).type === TMPFS_MAGIC;
  return inMemory ? 'sqlite ON A MEMORY FILE SYSTEM, where fsync costs nothing' : 'sqlite';
}
