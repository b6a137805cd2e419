import { availableParallelism, cpus, release } from 'node:os';
import type { BenchSettings } from '../comparison/scenario.js';
import type { Stores } from '../servers/stores.js';

export interface Environment extends BenchSettings {
  node: string;
  system: string;
  cores: number;
  cpu: string;
  /** The load average of the minute before the bench: above about 0.5, other work shares the cores. */
  loadBefore: number;
  store: string;
  startedAt: string;
}

export function describeEnvironment(
  settings: BenchSettings,
  stores: Stores,
  { loadBefore, startedAt }: { loadBefore: number; startedAt: Date },
): Environment {
  return {
    ...settings,
    node: process.version,
    system: `${process.platform} ${release()}`,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    loadBefore,
    store: stores.describe(),
    startedAt: startedAt.toISOString(),
  };
}

/** A short paragraph. */
export function environmentText(of: Environment): string {
  return [
    `Measured on ${of.startedAt.slice(0, 10)}: Node ${of.node}, ${of.cores} cores (${of.cpu}),`,
    `${of.system}, store: ${of.store}. Load average before: ${of.loadBefore.toFixed(2)}.`,
    `Medians of ${of.rounds} rounds of ${of.seconds} s; ${of.connections} connections and`,
    `${of.payloadBytes} bytes in a payload where the scenario names no other. Servers and load`,
    'generator share the cores.',
  ].join('\n');
}
