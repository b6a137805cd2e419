import type { BenchSettings } from '../comparison/scenario.js';
import { type Machine, machineText } from './machine.js';

/** What a run of the ladder was made with. */
export interface Environment extends BenchSettings, Machine {
  store: string;
}

/** A short paragraph. */
export function environmentText(of: Environment): string {
  return [
    `${machineText(of)} Store: ${of.store}.`,
    `Medians of ${of.rounds} rounds of ${of.seconds} s; ${of.connections} connections and`,
    `${of.payloadBytes} bytes in a payload where the scenario names no other. Servers and load`,
    'generator share the cores.',
  ].join('\n');
}
