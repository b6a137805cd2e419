import { median } from '../../comparison/median.js';
import type { ScenarioOutcome } from '../run/rounds.js';

/** The rounds of one peer in one scenario. */
export interface Summary {
  /** Messages a second: the median of the rounds, the lowest and the highest. */
  perSecond: number;
  range: [number, number];
  /** The latency of a unit: medians of the rounds. */
  p50Ms: number;
  p99Ms: number;
  /** CPU seconds of server and client for a million messages; undefined where there is no /proc. */
  cpuSecondsPerMillion?: number;
}

/** Undefined if there is no valid round. */
export function summarise({ size, rounds, error }: ScenarioOutcome): Summary | undefined {
  if (error !== undefined || rounds.length === 0) return undefined;
  const rates = rounds.map(({ perSecond }) => perSecond * size);
  const cpu = rounds.flatMap(({ cpuSeconds, messages }) =>
    cpuSeconds === undefined || messages === 0 ? [] : [(cpuSeconds * 1e6) / messages],
  );
  return {
    perSecond: median(rates),
    range: [Math.min(...rates), Math.max(...rates)],
    p50Ms: median(rounds.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(rounds.map(({ p99Ms }) => p99Ms)),
    ...(cpu.length > 0 && { cpuSecondsPerMillion: median(cpu) }),
  };
}
