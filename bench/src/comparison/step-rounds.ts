import type { LoadResult } from '../load/load-tally.js';
import { roundLine, summarise } from './compare.js';
import type { Bench, Comparison, Measure } from './scenario.js';

/** Compares each kind of request in two series of runs, run by run. */
export function compareSteps(
  measureOf: (step: string) => Measure,
  steps: readonly string[],
  references: readonly LoadResult[],
  ours: readonly LoadResult[],
  bench: Bench,
): Comparison[] {
  return steps.map((step) => {
    const measure = measureOf(step);
    const rounds = ours.map((result, index) => ({
      reference: ofStep(references[index] as LoadResult, step),
      ours: ofStep(result, step),
    }));
    for (const [index, round] of rounds.entries()) {
      bench.progress(`round ${index + 1}: ${roundLine(measure, round)}`);
    }
    return summarise(measure, rounds);
  });
}

function ofStep(result: LoadResult, step: string): LoadResult {
  const latency = result.steps?.[step];
  if (latency === undefined) throw new Error(`no answer to ${step} was measured`);
  return { ...result, p50Ms: latency.p50Ms, p99Ms: latency.p99Ms };
}
