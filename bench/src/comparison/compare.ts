import type { LoadResult } from '../load/load-tally.js';
import { median } from './median.js';
import type { Bench, Comparison, Measure, Round } from './scenario.js';

export const WARMUP_MS = 2000;

/**
 * Measures both sides in turn in one run, so that anything that slows the machine down for a while slows
 * both, and takes medians, so that one bad round does not count.
 *
 * Each round has processes of its own: the speed of a Node process differs from that of the next by a
 * quarter, for its whole life, so with one pair of processes every round would measure that luck.
 */
export async function compare(
  measure: Measure,
  { settings, progress }: Bench,
  runRound: (earlier: readonly Round[]) => Promise<Round>,
): Promise<Comparison> {
  const rounds: Round[] = [];
  while (rounds.length < settings.rounds) {
    const round = await runRound(rounds);
    rounds.push(round);
    progress(roundLine(measure, rounds.length, round));
  }
  return summarise(measure, rounds);
}

export function summarise(measure: Measure, rounds: Round[]): Comparison {
  const ours = rounds.map((round) => measured(measure, round.ours));
  const reference = rounds.map((round) => measured(measure, round.reference));
  const ratios = ours.map((value, index) => value / (reference[index] as number));
  return {
    ...measure,
    ours: median(ours),
    reference: median(reference),
    ratio: median(ours) / median(reference),
    ratioRange: [Math.min(...ratios), Math.max(...ratios)],
    oursP50Ms: median(rounds.map((round) => round.ours.p50Ms)),
    oursP99Ms: median(rounds.map((round) => round.ours.p99Ms)),
    rounds,
  };
}

export function roundLine(measure: Measure, round: number, { ours, reference }: Round): string {
  const shown = (result: LoadResult) => showValue(measure, measured(measure, result));
  return (
    `${measure.name} round ${round}: millrace ${shown(ours)}, reference ${shown(reference)} ` +
    `(generator used ${ours.cpuShare.toFixed(2)} and ${reference.cpuShare.toFixed(2)} of a core)`
  );
}

export function showValue({ kind, unit }: Measure, value: number): string {
  return kind === 'rate' ? `${Math.round(value)} ${unit}/s` : `${value.toFixed(3)} ms`;
}

const measured = (measure: Measure, result: LoadResult): number =>
  measure.kind === 'rate'
    ? result.perSecond * (measure.countPerUnit ?? 1)
    : result[measure.percentile ?? 'p50Ms'];
