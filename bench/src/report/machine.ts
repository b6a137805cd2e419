import { availableParallelism, cpus, loadavg, release } from 'node:os';

/** The machine, and its state before a run. */
export interface Machine {
  startedAt: string;
  node: string;
  system: string;
  cores: number;
  cpu: string;
  /** The load average of the last minute: above about 0.5, other work shares the cores. */
  loadBefore: number;
}

export const describeMachine = (): Machine => ({
  startedAt: new Date().toISOString(),
  node: process.version,
  system: `${process.platform} ${release()}`,
  cores: availableParallelism(),
  cpu: cpus()[0]?.model ?? 'unknown',
  loadBefore: loadavg()[0] ?? 0,
});

/** Two sentences. */
export const machineText = (of: Machine): string =>
  `Measured on ${of.startedAt.slice(0, 10)}: Node ${of.node}, ${of.cores} cores (${of.cpu}),\n` +
  `${of.system}. Load average before: ${of.loadBefore.toFixed(2)}.`;
