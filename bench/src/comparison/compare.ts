import type { LoadResult, TallyLimits } from '../load/load-tally.js';
import { median } from './median.js';
import type { Bench, BenchSettings, Comparison, Contest, Measure, Round, Row } from './scenario.js';
import { messagesPerUnit, summariseUsage } from './usage-summary.js';

export const WARMUP_MS = 2000;

/** How long each side of a round runs. */
export const roundLimits = ({ seconds }: Pick<BenchSettings, 'seconds'>): TallyLimits => ({
  warmupMs: WARMUP_MS,
  durationMs: seconds * 1000,
});

/**
 * Measures both sides of each contest in turn, and the contests in turn, so that anything that slows the
 * machine down for a while slows all of them. Takes medians, so that one bad round does not count.
 *
 * Each round has processes of its own: the speed of a Node process differs from that of the next by a
 * quarter, for its whole life, so with one pair of processes every round would measure that luck.
 */
export async function playInTurn(
  contests: readonly Contest[],
  { settings, progress, note }: Bench,
): Promise<Row[]> {
  for (let count = 1; count <= settings.rounds; count += 1) {
    for (const contest of contests) progress(`round ${count}: ${await contest.playRound()}`);
  }
  for (const remark of contests.flatMap((contest) => contest.remarks?.() ?? [])) note(remark);
  return contests.map((contest) => contest.result());
}

export interface RatioContest extends Contest {
  result(): Comparison;
}

/** @param runRound gets the earlier rounds, which tell how fast the reference is */
export function ratioContest(
  measure: Measure,
  runRound: (earlier: readonly Round[]) => Promise<Round>,
): RatioContest {
  const rounds: Round[] = [];
  return {
    async playRound() {
      const round = await runRound(rounds);
      rounds.push(round);
      return roundLine(measure, round);
    },
    result: () => summarise(measure, rounds),
    remarks() {
      const remarks = rounds.flatMap(({ remark }) => remark ?? []);
      return remarks.length === 0 ? [] : [`${measure.name}: ${remarks.join('; ')}`];
    },
  };
}

/** A single contest, for scenarios whose rounds share a server or a store. */
export async function compare(
  measure: Measure,
  bench: Bench,
  runRound: (earlier: readonly Round[]) => Promise<Round>,
): Promise<Comparison> {
  const contest = ratioContest(measure, runRound);
  await playInTurn([contest], bench);
  return contest.result();
}

export function summarise(measure: Measure, rounds: Round[]): Comparison {
  const ours = rounds.map((round) => measured(measure, round.ours));
  const reference = rounds.map((round) => measured(measure, round.reference));
  const ratios = ours.map((value, index) => value / (reference[index] as number));
  const oursUsage = summariseUsage(
    measure,
    rounds.map((round) => round.ours),
  );
  const referenceUsage = summariseUsage(
    measure,
    rounds.map((round) => round.reference),
  );
  return {
    ...measure,
    ours: median(ours),
    reference: median(reference),
    ratio: median(ours) / median(reference),
    ratioRange: [Math.min(...ratios), Math.max(...ratios)],
    oursP50Ms: median(rounds.map((round) => round.ours.p50Ms)),
    oursP99Ms: median(rounds.map((round) => round.ours.p99Ms)),
    ...(oursUsage && { oursUsage }),
    ...(referenceUsage && { referenceUsage }),
    rounds,
  };
}

export function roundLine(measure: Measure, { ours, reference }: Round): string {
  const shown = (result: LoadResult) => showValue(measure, measured(measure, result));
  return (
    `${measure.name}: millrace ${shown(ours)}, reference ${shown(reference)} ` +
    `(generator used ${ours.cpuShare.toFixed(2)} and ${reference.cpuShare.toFixed(2)} of a core)`
  );
}

export function showValue({ kind, unit }: Measure, value: number): string {
  return kind === 'rate' ? `${Math.round(value)} ${unit}/s` : `${value.toFixed(3)} ms`;
}

const measured = (measure: Measure, result: LoadResult): number =>
  measure.kind === 'rate'
    ? result.perSecond * messagesPerUnit(measure, result)
    : result[measure.percentile ?? 'p50Ms'];
