import { median } from '../../comparison/median.js';
import type { PeerFigures } from '../../report/peers-file.js';
import type { ScenarioOutcome } from '../run/rounds.js';

/** Undefined if there is no valid round. */
export function summarise({ size, rounds, error }: ScenarioOutcome): PeerFigures | undefined {
  if (error !== undefined || rounds.length === 0) return undefined;
  const rates = rounds.map(({ perSecond }) => perSecond * size);
  const cpu = rounds.flatMap(({ cpuSeconds, allMessages }) =>
    cpuSeconds === undefined || allMessages === 0 ? [] : [(cpuSeconds * 1e6) / allMessages],
  );
  return {
    perSecond: median(rates),
    range: [Math.min(...rates), Math.max(...rates)],
    p50Ms: median(rounds.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(rounds.map(({ p99Ms }) => p99Ms)),
    ...(cpu.length > 0 && { cpuSecondsPerMillion: median(cpu) }),
  };
}
